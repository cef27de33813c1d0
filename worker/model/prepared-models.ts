/** Keeps the models on this instance: each is fetched and set up once, however many batches and slots ask for it. */
import type { Manifest } from '../../core/contract/job.js';
import type { PreparedModel } from '../slot/slot.js';

export type UnablePhase = 'fetch' | 'setup' | 'load';

/** This instance cannot fetch, set up or load the model, which is its own fault, not the batch's (R10). */
export class ModelUnable extends Error {
  override readonly name = 'ModelUnable';
  constructor(
    readonly phase: UnablePhase,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** Fetches, unpacks and sets up; throws `ModelUnable`. */
export type PrepareModel = (manifest: Manifest) => Promise<PreparedModel>;

export class PreparedModels {
  readonly #models = new Map<string, Promise<PreparedModel>>();

  readonly #prepare: PrepareModel;

  constructor(prepare: PrepareModel) {
    this.#prepare = prepare;
  }

  get(manifest: Manifest): Promise<PreparedModel> {
    const { concurrency, itemTimeoutSeconds, loadTimeoutSeconds, nan, env, secrets } = manifest.options;
    const of = [concurrency, itemTimeoutSeconds, loadTimeoutSeconds, nan, env, secrets];
    const name = JSON.stringify([manifest.model, ...of]);
    const known = this.#models.get(name);
    if (known !== undefined) return known;
    const preparing = this.#prepare(manifest);
    this.#models.set(name, preparing);
    preparing.catch(() => this.#models.delete(name));
    return preparing;
  }
}
