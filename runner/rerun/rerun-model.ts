/** The model of a rerun: the parent's bundle, which is in the bucket, or another one with the parent's weights. */
import type { ModelSpec } from '../../core/contract/job.js';
import { modelBundleKey } from '../../core/contract/keys.js';
import type { ObjectStore } from '../../core/contract/object-store.js';
import { definedFields } from '../../core/defined-fields.js';
import { UserError } from '../errors.js';
import type { packageModel } from '../model/package-model.js';

type Pack = typeof packageModel;

/** Takes the bundle of the job as it is, with its environment, weights and start. Nothing is packed, so it has no file. */
export const storedModel =
  (job: string, model: ModelSpec, store: ObjectStore): Pack =>
  async ({ setup }, signal) => {
    const head = await store.head(modelBundleKey(model.digest), { signal });
    if (head === undefined) {
      throw new UserError(
        `The model of job ${job} (${model.name}) is no longer in the stack's bucket. Give it again with --model.`,
      );
    }
    return {
      spec: { ...model, ...definedFields({ setup }) },
      file: '',
      bytes: head.size,
      shipped: { paths: [], files: 0, bytes: 0, largest: [] },
      leftOut: [],
      dispose: async () => undefined,
    };
  };

/** Packs another model. It gets the weights of the job, unless others are given; those replace them later. */
export const otherModel =
  ({ weights }: ModelSpec, pack: Pack): Pack =>
  async (request, signal) => {
    const packaged = await pack(request, signal);
    return { ...packaged, spec: { ...packaged.spec, ...definedFields({ weights }) } };
  };
