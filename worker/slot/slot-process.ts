/**
 * One child process with one loaded model. The two speak the model's protocol (docs/reference/protocol.md).
 *
 * Invariants:
 * - An answer is passed on only for an item that was sent and is not answered yet. Anything else ends the process as a
 *   protocol fault.
 * - No more than `MAX_SLOT_LINE_BYTES` of an unfinished line is held, and items are written no faster than the model
 *   reads them.
 * - The process ends once, for the first reason that was seen. `ended` resolves when its process group is gone and
 *   every answer from before was passed on.
 */
import type { ItemError } from '../../core/contract/result-line.js';
import {
  encodeFlushLine,
  encodeItemLine,
  MAX_SLOT_LINE_BYTES,
  parseSlotLine,
  showLine,
  type SlotLimits,
  type SlotLine,
} from '../../core/contract/slot-protocol.js';
import type { Clock } from '../ports.js';
import type { SlotUsage } from './slot.js';
import { AskedItems } from './asked-items.js';
import { type SlotEnd, withLog, withoutStack } from './slot-end.js';
import { LineSplitter } from '../process/line-splitter.js';
import { type Hide, hideNothing } from '../process/hide-secrets.js';
import { ModelLog } from '../process/model-log.js';
import type { LineProcess, StartProcess } from '../process/line-process.js';

/** Weights of many GiB load from disk in minutes. A load that takes longer hangs. */
export const LOAD_TIMEOUT_MS = 10 * 60_000;
/**
 * Most models load in less time. A command that never prints `{"ready":true}` is reported after this time, not minutes
 * later.
 */
export const SLOW_LOAD_MS = 20_000;
/**
 * How often memory and progress are checked: often compared with an item's time limit, rarely compared with the cost of
 * a check.
 */
export const POLL_MS = 1_000;
/** Items are written in pieces of about the size of a pipe's buffer. */
const WRITE_BYTES = 64 * 1024;
const BYTES_PER_MIB = 1024 * 1024;
/** Events are written at once and kept for good, so that each process may report only so many. */
const MOST_EVENTS = 100;

export interface SlotItem {
  readonly index: number;
  readonly json: string;
}

export type SlotAnswer =
  { readonly index: number; readonly outputJson: string } | { readonly index: number; readonly error: ItemError };

export type SlotLoad = { readonly ok: true } | { readonly ok: false; readonly message: string };

export interface SlotProcessOptions {
  readonly start: StartProcess;
  readonly argv: readonly string[];
  /** A host answers on a channel of its own (host-channel.ts), a command on its standard output. */
  readonly isHost?: boolean;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly clock: Clock;
  readonly memoryLimitBytes: () => number;
  readonly loadTimeoutMs: number;
  /**
   * Called once when the model is not ready after `SLOW_LOAD_MS`. The message says what it printed so far, and what is
   * expected.
   */
  readonly onSlowLoad?: (message: string) => void;
  readonly pollMs: number;
  /** Takes the job's secrets out of logs and errors. */
  readonly hide?: Hide;
  readonly onLog: (line: string) => void;
  /** Receives the sentences of the model's own events. */
  readonly onModelEvent?: (message: string) => void;
}

export class SlotProcess {
  /** Receives the answers of the current batch. */
  onAnswer: (answer: SlotAnswer) => void = () => undefined;
  /**
   * Tells the current batch that the process has ended. It is not a promise: a batch's reaction to a promise, and its
   * items with it, would stay in memory as long as the slot.
   */
  onEnd: (end: SlotEnd) => void = () => undefined;
  /** The most resident memory that was seen; 0 before the first look. */
  mostMemoryBytes = 0;
  readonly loaded: Promise<SlotLoad>;
  readonly ended: Promise<SlotEnd>;
  readonly #group: LineProcess;
  readonly #log: ModelLog;
  readonly #stdout: LineSplitter;
  readonly #hide: Hide;
  readonly #over = new AbortController();
  readonly #asked = new AskedItems<SlotAnswer>();
  /** Slices are written one after another. */
  #written: Promise<void> = Promise.resolve();
  #resolveLoaded: (load: SlotLoad) => void = () => undefined;
  #ready = false;
  #reportedSlow = false;
  #limits: SlotLimits = { maxSliceItems: undefined, maxConcurrency: undefined, takesAhead: false };
  #cause: SlotEnd | undefined;
  #endedWith: SlotEnd | undefined;
  #isOver = false;
  #lines = 0;
  #events = 0;
  #progressAtMs: number;
  #wasAsked = false;
  #answered = 0;
  #answeredAtBusyMs = 0;
  #busyMs = 0;
  #busySinceMs: number | undefined;
  #itemTimeoutMs = Number.POSITIVE_INFINITY;

  readonly #options: SlotProcessOptions;

  constructor(options: SlotProcessOptions) {
    this.#options = options;
    this.#progressAtMs = options.clock.nowMs();
    this.#hide = options.hide ?? hideNothing;
    this.#log = new ModelLog(options.clock, options.onLog, options.hide);
    const stdout = (this.#stdout = new LineSplitter(MAX_SLOT_LINE_BYTES, {
      line: (line) => {
        this.#line(line);
      },
      tooLong: (start) => {
        this.#lines += 1;
        this.#fault(`${showLine(start)} (it goes on for more than ${MAX_SLOT_LINE_BYTES / BYTES_PER_MIB} MiB)`);
      },
      notUtf8: (line, { position, byte }) => {
        this.#lines += 1;
        this.#fault(`${showLine(line)} (its byte ${position}, 0x${hex(byte)}, is not UTF-8; the protocol's lines are)`);
      },
    }));
    this.loaded = new Promise((resolve) => {
      this.#resolveLoaded = resolve;
    });
    this.#group = options.start({
      ...options,
      onStdout: (chunk) => {
        stdout.write(chunk);
      },
      onStderr: (chunk) => {
        this.#log.write(chunk);
      },
    });
    this.ended = this.#end(stdout);
    void this.#watch();
  }

  /** The limits that the model named when it was ready; none before that. */
  get limits(): SlotLimits {
    return this.#limits;
  }

  /** It is set before `onEnd` is called. */
  get endedWith(): SlotEnd | undefined {
    return this.#endedWith;
  }

  /** The process was asked an item before. */
  get wasAsked(): boolean {
    return this.#wasAsked;
  }

  get isOver(): boolean {
    return this.#isOver || this.#cause !== undefined;
  }

  /** Writes a slice. Resolves when the model has read it, or the process has ended. */
  async send(
    items: readonly SlotItem[],
    options: { readonly job: string; readonly itemTimeoutMs: number },
  ): Promise<void> {
    if (this.#asked.sizeOfAll === 0) {
      this.#progressAtMs = this.#options.clock.nowMs();
      this.#busySinceMs = this.#progressAtMs;
    }
    this.#itemTimeoutMs = options.itemTimeoutMs;
    // After the last answer of an async generator its call may still be running.
    const after = this.#asked.sizeOfOthers > 0 || this.#asked.sizeOfAll === 0;
    this.#asked.ask(items.map(({ index }) => index));
    await this.#writeSlice(items, encodeFlushLine(options.job, after && this.#limits.takesAhead));
  }

  /**
   * Sends a slice of the next batch, to be started when everything before it is answered. Returns false when that is
   * not possible now.
   */
  sendAhead(items: readonly SlotItem[], job: string): boolean {
    if (this.isOver || this.#asked.size === 0 || !this.#asked.askAhead(items.map(({ index }) => index))) return false;
    void this.#writeSlice(items, encodeFlushLine(job, true));
    return true;
  }

  /** Makes the batch of the slice that was sent ahead the current one, and passes on its answers so far. */
  adoptAhead(options: { readonly itemTimeoutMs: number }): void {
    this.#itemTimeoutMs = options.itemTimeoutMs;
    for (const answer of this.#asked.adoptAhead()) this.onAnswer(answer);
  }

  /** Answers to the slice that was sent ahead have already arrived. */
  get keepsAnswers(): boolean {
    return this.#asked.keepsAnswers;
  }

  /** Drops the slice that was sent ahead: nobody waits for it. */
  forgetAhead(): void {
    this.#asked.forgetAhead();
  }

  #writeSlice(items: readonly SlotItem[], flush: string): Promise<void> {
    this.#wasAsked = true;
    this.#written = this.#written.then(async () => {
      let text = '';
      for (const { index, json } of items) {
        text += encodeItemLine(index, json);
        if (text.length < WRITE_BYTES) continue;
        await this.#write(text);
        text = '';
      }
      await this.#write(text + flush);
    });
    return this.#written;
  }

  /** Undefined before the model is loaded, and after the end of the process. */
  async usage(): Promise<SlotUsage | undefined> {
    const { pid } = this.#group;
    if (!this.#ready || this.isOver || pid === undefined) return undefined;
    const sums = {
      process: pid,
      busyMs: this.#busyUntil(this.#options.clock.nowMs()),
      answered: this.#answered,
      answeredAtBusyMs: this.#answeredAtBusyMs,
    };
    try {
      const used = await this.#group.usage();
      this.mostMemoryBytes = Math.max(this.mostMemoryBytes, used?.memoryBytes ?? 0);
      return used && { ...sums, ...used };
    } catch {
      return { ...sums, cpuMs: undefined, memoryBytes: 0 };
    }
  }

  #busyUntil(nowMs: number): number {
    return this.#busyMs + (this.#busySinceMs === undefined ? 0 : nowMs - this.#busySinceMs);
  }

  /** Ends the process group and waits for it. */
  async stop(): Promise<void> {
    this.#cause ??= { reason: 'stopped', message: 'The slot was stopped.' };
    await this.#group.stop();
    await this.ended;
  }

  async #write(text: string): Promise<void> {
    // The signal aborts when the process has ended.
    if (!this.isOver) await this.#group.write(text, this.#over.signal);
  }

  #line(line: string): void {
    if (this.#cause !== undefined) return;
    this.#lines += 1;
    const parsed = parseSlotLine(line);
    if (parsed.kind === 'fault') return this.#fault(parsed.message);
    if (parsed.kind === 'event') return this.#event(parsed.message);
    if (parsed.kind === 'ready' || !this.#ready) return this.#readyLine(parsed, line);
    const shown = parsed.kind === 'error' ? { ...parsed, error: this.#shown(parsed.error) } : parsed;
    const whose = this.#asked.answered(shown);
    if (whose === undefined) {
      return this.#fault(`${showLine(line)} (index ${parsed.index} is not asked for, or was answered already)`);
    }
    this.#progressAtMs = this.#options.clock.nowMs();
    this.#answered += 1;
    this.#answeredAtBusyMs = this.#busyUntil(this.#progressAtMs);
    if (this.#asked.sizeOfAll === 0) {
      this.#busyMs = this.#answeredAtBusyMs;
      this.#busySinceMs = undefined;
    }
    if (whose === 'now') this.onAnswer(shown);
  }

  #readyLine(parsed: SlotLine, line: string): void {
    if (parsed.kind !== 'ready') return this.#fault(`${showLine(line)} (before it said {"ready":true})`);
    if (this.#ready) return this.#fault(`${showLine(line)} (it had said that already)`);
    this.#ready = true;
    const { kind: _, ...limits } = parsed;
    this.#limits = limits;
    this.#resolveLoaded({ ok: true });
    // A short job is over before the next regular look.
    void this.#checkMemory();
  }

  #event(message: string): void {
    this.#events += 1;
    const { onLog, onModelEvent } = this.#options;
    if (this.#events <= MOST_EVENTS) onModelEvent?.(this.#hide(message));
    else if (this.#events === MOST_EVENTS + 1)
      onLog(`(the model has reported ${MOST_EVENTS} events; no more are shown)`);
  }

  #fault(what: string): void {
    const shown = this.#hide(what);
    const where = this.#options.isHost === true ? "its host's channel" : 'standard output';
    const awaited = this.#ready ? '' : ' The first line that is awaited is {"ready":true}.';
    this.#kill('protocol', `The model's line ${this.#lines} on ${where} is not of the protocol: ${shown}.${awaited}`);
  }

  #shown({ code, message }: ItemError): ItemError {
    return { code: this.#hide(code), message: this.#hide(message) };
  }

  #kill(reason: SlotEnd['reason'], message: string): void {
    if (this.#cause !== undefined) return;
    this.#cause = { reason, message };
    // A program that passes signals on (docker) may need SIGTERM. A program that floods the worker is no longer read.
    if (reason === 'timeout') void this.#group.stop();
    else this.#group.destroy();
  }

  async #end(stdout: LineSplitter): Promise<SlotEnd> {
    const how = await this.#group.ended;
    stdout.end();
    this.#log.end();
    this.#isOver = true;
    this.#over.abort();
    const cause = this.#cause ?? { reason: 'crashed', message: `The model's process ended by itself (${how}).` };
    // The wrong line itself says what went wrong; the log beside it is about something else.
    const log = cause.reason === 'protocol' ? [] : this.#log.lastLines;
    this.#resolveLoaded({ ok: false, message: withLog(cause.message, withoutStack(log)) });
    const end = { reason: cause.reason, message: withLog(cause.message, withoutStack(log).slice(-1)) };
    this.#endedWith = end;
    this.onEnd(end);
    return end;
  }

  /** Checks memory, progress and the time to load until the process is over. */
  async #watch(): Promise<void> {
    const { clock, pollMs } = this.#options;
    try {
      for (;;) {
        await clock.sleep(pollMs, this.#over.signal);
        if (this.#cause !== undefined) continue;
        this.#checkProgress(clock.nowMs());
        await this.#checkMemory();
      }
    } catch {
      // The process is over.
    }
  }

  #checkProgress(nowMs: number): void {
    const silentMs = nowMs - this.#progressAtMs;
    if (!this.#ready) {
      const { loadTimeoutMs } = this.#options;
      if (silentMs >= loadTimeoutMs) this.#kill('timeout', this.#notReady(`within ${loadTimeoutMs / 1000} s`));
      else if (silentMs >= SLOW_LOAD_MS && !this.#reportedSlow) this.#reportSlow(silentMs);
    } else if (this.#asked.sizeOfAll > 0 && silentMs >= this.#itemTimeoutMs) {
      const waiting = this.#asked.size === 1 ? 'the item' : `any of ${this.#asked.sizeOfAll} items`;
      this.#kill('timeout', `The model gave no answer to ${waiting} within ${this.#itemTimeoutMs / 1000} s.`);
    }
  }

  #reportSlow(silentMs: number): void {
    this.#reportedSlow = true;
    const { isHost, loadTimeoutMs, onSlowLoad } = this.#options;
    const message = this.#notReady(`in the first ${Math.floor(silentMs / 1000)} s`);
    const advice = isHost === true ? '' : ' A command that is a model prints that line once it is loaded.';
    const limit = ` The worker gives it ${loadTimeoutMs / 1000} s (--load-timeout).`;
    onSlowLoad?.(withLog(message + advice + limit, withoutStack(this.#log.lastLines)));
  }

  /**
   * A complete line that is not of the protocol would have ended the process, so what was printed has no end of a line
   * yet.
   */
  #notReady(when: string): string {
    if (this.#options.isHost === true) return `The model's load did not end ${when}.`;
    const { unfinished } = this.#stdout;
    const printed = unfinished === '' ? 'nothing' : `${this.#hide(showLine(unfinished))} without the end of a line`;
    return `The model's command printed ${printed} on standard output ${when}; the worker awaits the line {"ready":true}.`;
  }

  async #checkMemory(): Promise<void> {
    const memoryLimitBytes = this.#options.memoryLimitBytes();
    const bytes = await this.#group.memoryBytes().catch(() => 0);
    this.mostMemoryBytes = Math.max(this.mostMemoryBytes, bytes);
    if (bytes <= memoryLimitBytes) return;
    const [used, limit] = [bytes, memoryLimitBytes].map((size) => Math.round(size / BYTES_PER_MIB));
    this.#kill('memory', `The model's processes used ${used} MiB of memory; the limit of a slot is ${limit} MiB here.`);
  }
}

const hex = (byte: number): string => byte.toString(16).padStart(2, '0');
