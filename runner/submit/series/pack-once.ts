/** Packs a model once for several jobs. Each of them gets the same bundle, whatever happens to the files meanwhile. */
import type { packageModel, PackagedModel } from '../../model/package-model.js';

type Pack = typeof packageModel;

export interface SharedPack {
  readonly pack: Pack;
  /** Removes the packed files, when no job needs them any more. */
  dispose(): Promise<void>;
}

export function packOnce(pack: Pack): SharedPack {
  let packaged: Promise<PackagedModel> | undefined;
  return {
    pack: async (request, signal) => {
      packaged ??= pack(request, signal);
      return { ...(await packaged), dispose: async () => undefined };
    },
    dispose: async () => {
      const made = await packaged?.catch(() => undefined);
      await made?.dispose();
    },
  };
}
