/** Does work once that several callers want at the same time. It is aborted when no caller wants it any more. */
interface Shared<Result> {
  readonly result: Promise<Result>;
  readonly controller: AbortController;
  callers: number;
}

export class SharedWork<Result> {
  static readonly #all = new Set<SharedWork<unknown>>();

  readonly #underWay = new Map<string, Shared<Result>>();

  /** Waits for the end of all shared work whose key begins so, also of work that was aborted and is not over yet. Never rejects. */
  static async ended(prefix: string): Promise<void> {
    const ofAll = (): readonly Promise<unknown>[] =>
      [...SharedWork.#all].flatMap((shared) =>
        [...shared.#underWay].filter(([key]) => key.startsWith(prefix)).map(([, { result }]) => result),
      );
    for (let works = ofAll(); works.length > 0; works = ofAll()) await Promise.allSettled(works);
  }

  constructor() {
    SharedWork.#all.add(this);
  }

  /** Rejects with the signal's reason when it aborts. */
  async run(key: string, signal: AbortSignal, work: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
    signal.throwIfAborted();
    // Work that is being aborted is of no use. The caller waits for its end, so that two never work in the same place.
    for (let before = this.#underWay.get(key); before?.controller.signal.aborted; before = this.#underWay.get(key)) {
      await before.result.catch(() => undefined);
    }
    const shared = this.#underWay.get(key) ?? this.#start(key, work);
    shared.callers += 1;
    let leave: () => void = () => undefined;
    const aborted = new Promise<never>((_, reject) => {
      leave = (): void => {
        reject(signal.reason as Error);
      };
      signal.addEventListener('abort', leave, { once: true });
    });
    try {
      return await Promise.race([shared.result, aborted]);
    } finally {
      signal.removeEventListener('abort', leave);
      shared.callers -= 1;
      if (shared.callers === 0) shared.controller.abort();
    }
  }

  #start(key: string, work: (signal: AbortSignal) => Promise<Result>): Shared<Result> {
    const controller = new AbortController();
    const result = work(controller.signal).finally(() => {
      this.#underWay.delete(key);
    });
    // When every caller has left, nobody else handles its rejection.
    result.catch(() => undefined);
    const shared = { result, controller, callers: 0 };
    this.#underWay.set(key, shared);
    return shared;
  }
}
