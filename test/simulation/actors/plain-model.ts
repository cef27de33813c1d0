/** A model that answers every item, one after another, after a time that varies. It stands in until a job names another behaviour. */
import type { LineProcess, LineProcessOptions, StartProcess } from '../../../worker/process/line-process.js';
import { outputOf, type ModelBehaviour } from '../jobs.js';
import type { ProcessClock } from '../process.js';
import type { Random } from '../random.js';

const LEAST_LOAD_MS = 50;
const MOST_LOAD_MS = 3_000;
/** A few items take much longer than the others. */
const SLOW_SHARE = 0.02;
const SLOW_FACTOR = 40;
const MEMORY_BYTES = 100 * 1024 * 1024;
const STOP_MS = 20;

export interface PlainModelOptions {
  readonly clock: ProcessClock;
  readonly random: Random;
  readonly behaviour: ModelBehaviour;
  readonly pid: number;
}

export function plainModel(options: PlainModelOptions): StartProcess {
  return (given) => new PlainModel(options, given);
}

class PlainModel implements LineProcess {
  readonly pid: number;
  readonly ended: Promise<string>;
  #resolveEnded: (how: string) => void = () => undefined;
  readonly #life = new AbortController();
  #unread = '';
  #work: Promise<void>;
  #cpuMs = 0;

  readonly #options: PlainModelOptions;
  readonly #given: LineProcessOptions;

  constructor(options: PlainModelOptions, given: LineProcessOptions) {
    this.#options = options;
    this.#given = given;
    this.pid = options.pid;
    this.ended = new Promise((resolve) => {
      this.#resolveEnded = resolve;
    });
    this.#work = this.#pause(options.random.between(LEAST_LOAD_MS, MOST_LOAD_MS)).then(() =>
      this.#print('{"ready":true}'),
    );
    this.#work.catch(() => undefined);
  }

  async write(text: string): Promise<void> {
    const lines = (this.#unread + text).split('\n');
    this.#unread = lines.pop() ?? '';
    for (const line of lines) {
      this.#work = this.#work.then(() => this.#answer(line));
      this.#work.catch(() => undefined);
    }
  }

  async usage(): Promise<{ cpuMs: number; memoryBytes: number }> {
    return { cpuMs: this.#cpuMs, memoryBytes: MEMORY_BYTES };
  }

  async memoryBytes(): Promise<number> {
    return MEMORY_BYTES;
  }

  destroy(): void {
    this.#life.abort(new Error('The process was killed.'));
    this.#resolveEnded('killed');
  }

  async stop(): Promise<void> {
    if (this.#life.signal.aborted) return;
    await this.#options.clock.sleep(STOP_MS, this.#life.signal).catch(() => undefined);
    this.destroy();
  }

  async #answer(line: string): Promise<void> {
    const asked = /^\{"index":(\d+),"item":(\d+)\}$/.exec(line);
    if (asked === null) return;
    const { behaviour, random } = this.#options;
    const ms = behaviour.msPerItem * (0.3 + random.next() * (random.chance(SLOW_SHARE) ? SLOW_FACTOR : 1.5));
    await this.#pause(ms);
    this.#cpuMs += ms;
    this.#print(`{"index":${asked[1]},"output":${outputOf(Number(asked[2]))}}`);
  }

  #print(line: string): void {
    if (!this.#life.signal.aborted) this.#given.onStdout(Buffer.from(`${line}\n`));
  }

  #pause(ms: number): Promise<void> {
    return this.#options.clock.sleep(ms, this.#life.signal);
  }
}
