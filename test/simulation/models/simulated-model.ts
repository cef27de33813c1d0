/**
 * A model's process under a virtual clock: it implements the port StartProcess (worker/process/line-process.ts), reads the protocol's lines, and answers by its
 * behaviour. The real slot, outcome machine, bisection and rebuilds run over it.
 *
 * Invariants:
 * - A process that has ended prints nothing more, and `ended` resolves once, after everything that it printed before.
 * - A slice that came with `after` begins when all earlier ones are answered; others are computed side by side.
 * - A process ends only by its own behaviour, by `destroy`, or by `stop`. When it killed its worker, nothing of it goes on.
 */
import type { Clock } from '../../../worker/ports.js';
import type {
  LineProcess,
  LineProcessOptions,
  ProcessUsage,
  StartProcess,
} from '../../../worker/process/line-process.js';
import { BAD_ITEM_CODE, type Fate, type ModelBehaviour, outputOf } from './behaviour.js';

export interface SimulatedModelOptions {
  readonly clock: Clock;
  readonly random: () => number;
  /** The behaviour, or how to find it by the process that is started: its command and folder name the model. */
  readonly behaviour: ModelBehaviour | ((process: LineProcessOptions) => ModelBehaviour);
  /** Kills the worker that has started the process, at once. */
  readonly killWorker: (index: number) => void;
  /** Hears of each good answer as it is printed. */
  readonly onAnswered?: (process: LineProcessOptions, index: number) => void;
}

/** The time from a kill to the end of the process. */
const MS_TO_DIE = 20;
/** A process that hangs is killed this long after it was asked to end, as in process-group.ts. */
const STOP_GRACE_MS = 1_000;
const STRAGGLES_BY = 40;
/** More than any slot may use. */
const TOO_MUCH_MEMORY = 2 ** 50;

/** The processes of all slots of a worker come from one call, so that their numbers differ. */
export function startSimulatedModel(options: SimulatedModelOptions): StartProcess {
  let processes = 0;
  return (process) => {
    processes += 1;
    const { behaviour } = options;
    return new SimulatedModel({
      ...options,
      behaviour: typeof behaviour === 'function' ? behaviour(process) : behaviour,
      pid: processes,
      process,
    });
  };
}

interface Item {
  readonly index: number;
  readonly json: string;
}

class SimulatedModel implements LineProcess {
  readonly pid: number;
  readonly ended: Promise<string>;
  readonly #options: SimulatedModelOptions & {
    readonly behaviour: ModelBehaviour;
    readonly process: LineProcessOptions;
  };
  readonly #over = new AbortController();
  #resolveEnded: (how: string) => void = () => undefined;
  #unfinished = '';
  #items: Item[] = [];
  /** Settles when every slice so far is answered. */
  #answered: Promise<unknown> = Promise.resolve();
  #busyMs = 0;
  #isBroken = false;
  #hangs = false;
  #memoryBytes: number;

  constructor(
    options: SimulatedModelOptions & {
      readonly behaviour: ModelBehaviour;
      readonly process: LineProcessOptions;
      readonly pid: number;
    },
  ) {
    this.#options = options;
    this.pid = options.pid;
    this.#memoryBytes = options.behaviour.memoryBytes;
    this.ended = new Promise((resolve) => {
      this.#resolveEnded = resolve;
    });
    this.#carryOn(this.#load());
  }

  write(text: string): Promise<void> {
    if (this.#isOver) return Promise.resolve();
    const lines = (this.#unfinished + text).split('\n');
    this.#unfinished = lines.pop() ?? '';
    for (const line of lines) this.#read(line);
    return Promise.resolve();
  }

  usage(): Promise<ProcessUsage | undefined> {
    const { cpuShare } = this.#options.behaviour;
    return Promise.resolve(
      this.#isOver ? undefined : { cpuMs: this.#busyMs * cpuShare, memoryBytes: this.#memoryBytes },
    );
  }

  memoryBytes(): Promise<number> {
    return Promise.resolve(this.#isOver ? 0 : this.#memoryBytes);
  }

  destroy(): void {
    this.#end('signal SIGKILL', MS_TO_DIE);
  }

  async stop(): Promise<void> {
    this.#end('signal SIGTERM', this.#hangs ? STOP_GRACE_MS : MS_TO_DIE);
    await this.ended;
  }

  get #isOver(): boolean {
    return this.#over.signal.aborted;
  }

  async #load(): Promise<void> {
    const { load, loadMs, maxConcurrency, maxSliceItems, spent, takesAhead } = this.#options.behaviour;
    if (load === 'hangs') this.#hangs = true;
    if (load === 'hangs') await this.#untilOver();
    await this.#sleep(loadMs);
    if (load === 'says-nonsense') return this.#print('loading, please wait');
    if (load === 'fails' || (load === 'fails-once' && !spent.has('load'))) {
      spent.add('load');
      this.#log('OSError: the simulated weights are damaged');
      return this.#end('exit code 1', MS_TO_DIE);
    }
    this.#print(JSON.stringify({ ready: true, maxSliceItems, maxConcurrency, ahead: takesAhead }));
  }

  #read(line: string): void {
    const fields = JSON.parse(line) as { readonly index?: number; readonly flush?: true; readonly after?: true };
    if (fields.index !== undefined) {
      // The item's text is passed on as it is, since parsing could change it.
      this.#items.push({ index: fields.index, json: line.slice(line.indexOf('"item":') + '"item":'.length, -1) });
      return;
    }
    const slice = this.#items;
    this.#items = [];
    const begin = fields.after === true ? this.#answered : Promise.resolve();
    const answered = begin.then(async () => this.#compute(slice));
    this.#carryOn(answered);
    this.#answered = Promise.allSettled([this.#answered, answered]);
  }

  async #compute(slice: readonly Item[]): Promise<void> {
    const { answersAtEnd, fates, msPerItem } = this.#options.behaviour;
    let answers: string[] = [];
    let well: number[] = [];
    let waitMs = 0;
    const flush = async (): Promise<void> => {
      await this.#sleep(waitMs);
      this.#busyMs += waitMs;
      waitMs = 0;
      this.#print(...answers);
      if (!this.#isOver) for (const index of well) this.#options.onAnswered?.(this.#options.process, index);
      answers = [];
      well = [];
    };
    for (const item of slice) {
      const fate = this.#fateNow(item.index, fates.get(item.index));
      waitMs += msPerItem * (0.5 + this.#options.random()) * (fate === 'straggles' ? STRAGGLES_BY : 1);
      if (fate !== undefined && DISASTERS.has(fate)) {
        // Items that are computed in one piece are lost as a whole.
        if (answersAtEnd) [answers, well] = [[], []];
        await flush();
        return this.#disaster(item, fate);
      }
      answers.push(...this.#answersTo(item, fate));
      if (!this.#isBroken && fate !== 'error') well.push(item.index);
      if (!answersAtEnd) await flush();
    }
    if (answers.length > 0) await flush();
  }

  /** A fate of kind "once" is an ordinary one the first time, and none afterwards. */
  #fateNow(index: number, fate: Fate | undefined): Fate | undefined {
    if (fate !== 'exits-once' && fate !== 'hangs-once' && fate !== 'kills-worker-once') return fate;
    const { spent } = this.#options.behaviour;
    return spent.has(index) ? undefined : fate;
  }

  #answersTo({ index, json }: Item, fate: Fate | undefined): readonly string[] {
    if (fate === 'breaks') this.#isBroken = true;
    if (fate === 'error' || this.#isBroken) {
      return [JSON.stringify({ index, error: { code: BAD_ITEM_CODE, message: `Item ${index} cannot be computed.` } })];
    }
    if (fate === 'poisons') this.#isBroken = true;
    const answer = `{"index":${index},"output":${outputOf(index, json)}}`;
    return fate === 'twice' ? [answer, answer] : [answer];
  }

  #disaster({ index }: Item, fate: Fate): Promise<void> {
    const { behaviour, killWorker } = this.#options;
    if (ONCE.has(fate)) behaviour.spent.add(index);
    switch (fate) {
      case 'exits':
      case 'exits-once':
        this.#log(`Segmentation fault at item ${index}`);
        this.#end('signal SIGSEGV', MS_TO_DIE);
        break;
      case 'nonsense':
        this.#print(`item ${index} is done`);
        break;
      case 'stranger':
        this.#print(JSON.stringify({ index: index + STRANGER, output: 0 }));
        break;
      case 'grows':
        this.#memoryBytes = TOO_MUCH_MEMORY;
        break;
      case 'kills-worker':
      case 'kills-worker-once':
        this.#over.abort();
        killWorker(index);
        break;
      default:
        this.#hangs = true;
    }
    // The process goes no further by itself.
    return this.#untilOver();
  }

  #print(...lines: readonly string[]): void {
    if (!this.#isOver && lines.length > 0) this.#options.process.onStdout(Buffer.from(lines.join('\n') + '\n'));
  }

  #log(line: string): void {
    if (!this.#isOver) this.#options.process.onStderr(Buffer.from(line + '\n'));
  }

  #end(how: string, afterMs: number): void {
    if (this.#isOver) return;
    this.#over.abort();
    void this.#options.clock.sleep(afterMs, new AbortController().signal).then(() => this.#resolveEnded(how));
  }

  #sleep(ms: number): Promise<void> {
    return this.#options.clock.sleep(ms, this.#over.signal);
  }

  /** No timer is left behind in the clock. */
  #untilOver(): Promise<never> {
    const { signal } = this.#over;
    return new Promise((_, reject) => {
      const over = (): void => reject(signal.reason as Error);
      if (signal.aborted) over();
      else signal.addEventListener('abort', over, { once: true });
    });
  }

  /** The end of the process ends whatever it was doing. Any other error is one of this file. */
  #carryOn(work: Promise<void>): void {
    work.catch((error: unknown) => {
      if (!this.#isOver) throw error;
    });
  }
}

/** An index that no dataset of a simulation has. */
const STRANGER = 1_000_000_000;

/** After these the item has no answer. */
const DISASTERS: ReadonlySet<Fate> = new Set<Fate>([
  'exits',
  'exits-once',
  'hangs',
  'hangs-once',
  'nonsense',
  'stranger',
  'grows',
  'kills-worker',
  'kills-worker-once',
]);

const ONCE: ReadonlySet<Fate> = new Set<Fate>(['exits-once', 'hangs-once', 'kills-worker-once']);
