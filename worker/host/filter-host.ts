/**
 * The host of filters: programs that read a line for each item and print a line for each, in order. It speaks the
 * model's protocol to the worker, and lines to the filter.
 *
 * Invariants:
 * - The filter is started for each slice (filter-process.ts), and its lines count only when it ended well and printed as
 *   many as it was given.
 * - When it ends with an error, the halves of the slice are given to new processes until the guilty items stand alone.
 * - Once it has printed another number of lines than it was given, nobody knows whose lines they are, and numbers that
 *   agree may agree by chance. From then on it gets one item at a time.
 */
import type { Channel } from './channel.js';
import { LineSplitter } from '../process/line-splitter.js';
import { answerLine, errorAnswer, type FilterItem, parseFilterItem } from './filter-item.js';
import { type FilterEnd, FilterNotStarted, protocolFault, runFilter } from './filter-process.js';

/** The exit codes of a shell and its like for a command that cannot be run, or is not found. */
const NO_COMMAND: readonly (number | undefined)[] = [126, 127];
/** A filter should end at once when it is given no line. */
const TRIAL_MS = 10_000;
/** A start may cost a twentieth of the time. */
const SLICE_STARTS = 20;
/** A longer slice would lose too much work with its instance. */
const LONGEST_SLICE_SECONDS = 30;
const SHORTEST_SLICE_SECONDS = 1;

interface GoodItem {
  readonly index: number;
  readonly line: string;
}

interface Flush {
  readonly after?: boolean;
}

export interface FilterHostOptions {
  readonly argv: readonly string[];
  readonly write: (text: string) => void;
  /** Receives what the filter writes to standard error, and what the host has to say. */
  readonly log: (text: string | Buffer) => void;
  readonly nowMs: () => number;
  /** Ends the process with the reason. */
  readonly fail: (error: unknown) => void;
}

export class FilterHost {
  readonly #slice: FilterItem[] = [];
  /** Settles when all slices that were begun have ended. */
  #begun: Promise<unknown> = Promise.resolve();
  #oneByOne = false;

  readonly #options: FilterHostOptions;

  constructor(options: FilterHostOptions) {
    this.#options = options;
  }

  async serve(input: Channel['items']): Promise<void> {
    const { write, fail } = this.#options;
    const sliceSeconds = sliceSecondsFor(await this.#tryStart());
    write(`${JSON.stringify({ ready: true, ahead: true, sliceSeconds })}\n`);
    // The worker is trusted with the length of its lines, which it read from the dataset.
    const lines = new LineSplitter(Number.POSITIVE_INFINITY, {
      line: (line) => {
        const item = parseFilterItem(line);
        if (item !== undefined) this.#slice.push(item);
        else this.#begin(this.#slice.splice(0), JSON.parse(line) as Flush).catch(fail);
      },
    });
    for await (const chunk of input) lines.write(chunk);
  }

  /** Runs the filter without a line, to see that it can be started, and returns how long that takes. */
  async #tryStart(): Promise<number> {
    const { argv, log, nowMs } = this.#options;
    const startedAtMs = nowMs();
    const timer = setTimeout(() => {
      log(
        'The filter was started without a line, to see whether it starts, and has not ended yet. A filter ends at the end of its input.\n',
      );
    }, TRIAL_MS);
    try {
      // Whatever else it says without a line means nothing: grep calls it a failure when it finds nothing.
      const end = await runFilter({ argv, lines: [], onLog: log });
      if (!end.ok && NO_COMMAND.includes(end.exitCode)) throw new FilterNotStarted(end.error.message);
    } finally {
      clearTimeout(timer);
    }
    return nowMs() - startedAtMs;
  }

  #begin(slice: readonly FilterItem[], { after = false }: Flush): Promise<void> {
    const before = this.#begun;
    const answered = after ? before.then(() => this.#answer(slice)) : this.#answer(slice);
    this.#begun = Promise.all([before, answered]).then(() => undefined);
    return answered;
  }

  async #answer(slice: readonly FilterItem[]): Promise<void> {
    const good: GoodItem[] = [];
    let refused = '';
    for (const { index, line } of slice) {
      if (typeof line === 'string') good.push({ index, line });
      else refused += errorAnswer(index, line.error);
    }
    if (refused !== '') this.#options.write(refused);
    await this.#compute(good, this.#options.log);
  }

  async #compute(items: readonly GoodItem[], onLog: (chunk: Buffer) => void): Promise<void> {
    const [first, ...others] = items;
    if (first === undefined) return;
    if (others.length === 0) return this.#computeAlone(first, onLog);
    if (this.#oneByOne) return this.#inTurn(items.map((item) => [item]));
    const end = await this.#run(items, onLog);
    if (!end.ok) {
      const middle = Math.ceil(items.length / 2);
      return this.#inTurn([items.slice(0, middle), items.slice(middle)]);
    }
    if (end.lines.length !== items.length) {
      this.#giveOneByOne(`${counted(end.lines.length)} for ${items.length} items`);
      return this.#inTurn(items.map((item) => [item]));
    }
    this.#options.write(items.map(({ index }, at) => answerLine(index, end.lines[at] ?? '')).join(''));
  }

  async #computeAlone(item: GoodItem, onLog: (chunk: Buffer) => void): Promise<void> {
    const end = await this.#run([item], onLog);
    const [line] = end.ok ? end.lines : [];
    if (end.ok && end.lines.length === 1 && line !== undefined)
      return this.#options.write(answerLine(item.index, line));
    if (end.ok) this.#giveOneByOne(`${counted(end.lines.length)} for 1 item`);
    this.#options.write(errorAnswer(item.index, end.ok ? wrongNumber(end.lines.length) : end.error));
  }

  async #inTurn(groups: readonly (readonly GoodItem[])[]): Promise<void> {
    // With several items in a process, what it logs about them was logged already.
    for (const group of groups) await this.#compute(group, this.#oneByOne ? this.#options.log : dropLog);
  }

  #run(items: readonly GoodItem[], onLog: (chunk: Buffer) => void): Promise<FilterEnd> {
    return runFilter({ argv: this.#options.argv, lines: items.map(({ line }) => line), onLog });
  }

  #giveOneByOne(what: string): void {
    if (this.#oneByOne) return;
    this.#oneByOne = true;
    this.#options.log(`The filter printed ${what}. From now on it is started for each item.\n`);
  }
}

const dropLog = (): void => undefined;

/** A filter that is slow to start gets longer slices. */
function sliceSecondsFor(startMs: number): number {
  const seconds = (startMs * SLICE_STARTS) / 1_000;
  return Math.min(LONGEST_SLICE_SECONDS, Math.max(SHORTEST_SLICE_SECONDS, Math.round(seconds)));
}

const counted = (lines: number): string => (lines === 0 ? 'no line' : lines === 1 ? '1 line' : `${lines} lines`);

function wrongNumber(lines: number): ReturnType<typeof protocolFault> {
  const cause =
    lines === 0
      ? 'A filter must not leave lines out, as grep and the select of jq do; it may print an empty line or null.'
      : 'A filter must not print a value over several lines (jq needs -c), nor anything else on standard output.';
  return protocolFault(`The filter printed ${counted(lines)} for 1 item. ${cause}`);
}
