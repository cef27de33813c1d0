/**
 * Serves slices with a loaded model. It serves several at once when the worker sends them so, and one that was sent
 * ahead when everything before it is answered. Each output is answered as it comes.
 */
import { types } from 'node:util';
import type { Model, ModelContext } from '../../core/contract/model-api.js';
import { definedFields } from '../../core/defined-fields.js';
import { ITEM_ERROR_CODES } from '../../core/contract/result-line.js';
import { LineSplitter } from '../process/line-splitter.js';
import { encodeOutput, isThenable, isTypedArray, type NanRule, textOfThrown } from './encode-output.js';

export interface ModelHostOptions {
  readonly model: Model;
  readonly write: (text: string) => void;
  readonly signal: AbortSignal;
  readonly directory: string;
  readonly weights?: string;
  readonly nan: NanRule;
  /** True prints the stack of the first error in an item's place. */
  readonly showsStack?: boolean;
  /** Ends the process with the reason. */
  readonly fail: (error: unknown) => void;
}

/** The size is about that of a pipe's buffer. */
const WRITE_LENGTH = 64 * 1024;

interface HostItem {
  readonly index: number;
  readonly item: unknown;
}

type HostInput = HostItem | { readonly flush: true; readonly job?: string; readonly after?: boolean };

export class ModelHost {
  readonly #slice: HostItem[] = [];
  #showsStack: boolean;
  /** Settles when all slices that were begun have ended. */
  #begun: Promise<unknown> = Promise.resolve();

  readonly #options: ModelHostOptions;

  constructor(options: ModelHostOptions) {
    this.#options = options;
    this.#showsStack = options.showsStack ?? false;
  }

  /** Loads the model and serves until the input ends. */
  async serve(input: AsyncIterable<Buffer>): Promise<void> {
    const { model, write, fail } = this.#options;
    await model.load?.(this.#context(''));
    const { maxSliceItems, maxConcurrency } = model;
    write(`${JSON.stringify({ ready: true, maxSliceItems, maxConcurrency, ahead: true })}\n`);
    // The worker is trusted with the length of its lines, which it read from the dataset.
    const lines = new LineSplitter(Number.POSITIVE_INFINITY, {
      line: (line) => {
        const message = JSON.parse(line) as HostInput;
        if (!('flush' in message)) this.#slice.push(message);
        else this.#begin(this.#slice.splice(0), message).catch(fail);
      },
    });
    for await (const chunk of input) lines.write(chunk);
  }

  #begin(
    slice: readonly HostItem[],
    { job = '', after = false }: { readonly job?: string; readonly after?: boolean },
  ): Promise<void> {
    const before = this.#begun;
    const predicted = after ? before.then(() => this.#predict(slice, job)) : this.#predict(slice, job);
    this.#begun = Promise.all([before, predicted]).then(() => undefined);
    return predicted;
  }

  async #predict(slice: readonly HostItem[], job: string): Promise<void> {
    const { model, write } = this.#options;
    const items = slice.map(({ item }) => item);
    const outputs: unknown = await model.predict(items, this.#context(job));
    // With a wrong number of outputs nobody knows which output belongs to which item, so no item of an array is
    // answered.
    if (Array.isArray(outputs) || isTypedArray(outputs)) {
      if (outputs.length !== slice.length) throw wrongNumber(slice.length, outputs.length);
      return this.#answerAll(slice, outputs);
    }
    let given = 0;
    for await (const output of outputsOf(outputs)) {
      const item = slice[given];
      if (item === undefined) throw wrongNumber(slice.length, `more than ${given}`);
      given += 1;
      write(this.#answerLine(item.index, output));
    }
    if (given < slice.length) throw wrongNumber(slice.length, given);
  }

  /**
   * Writes the answers that are there already together, because a write for each would be two system calls for every
   * item. A promise in an item's place is answered when it settles. All promises are listened to at once, because an
   * unhandled rejection ends the process.
   */
  async #answerAll(slice: readonly HostItem[], outputs: ArrayLike<unknown>): Promise<void> {
    const { write } = this.#options;
    const awaited: Promise<void>[] = [];
    let text = '';
    for (const [at, { index }] of slice.entries()) {
      const output = outputs[at];
      if (isThenable(output)) {
        awaited.push(settled(output).then((value) => write(this.#answerLine(index, value))));
        continue;
      }
      text += this.#answerLine(index, output);
      if (text.length < WRITE_LENGTH) continue;
      write(text);
      text = '';
    }
    if (text !== '') write(text);
    await Promise.all(awaited);
  }

  #answerLine(index: number, output: unknown): string {
    if (isError(output)) {
      this.#showStack(output);
      return errorLine(index, output);
    }
    try {
      return `{"index":${index},"output":${encodeOutput(output, this.#options.nan)}}\n`;
    } catch (error) {
      return errorLine(index, new Error(`The output is no JSON value: ${textOfThrown(error)}.`));
    }
  }

  /** One stack shows where the model makes its errors. More would hide what else it prints. */
  #showStack({ stack = '' }: Error): void {
    if (this.#showsStack) process.stderr.write(`${stack}\n`);
    this.#showsStack = false;
  }

  #context(job: string): ModelContext {
    const { signal, directory, weights } = this.#options;
    return {
      signal,
      job,
      directory,
      ...definedFields({ weights }),
      log: (message) => process.stderr.write(`${message}\n`),
    };
  }
}

function outputsOf(outputs: unknown): AsyncIterable<unknown> {
  if (typeof outputs === 'object' && outputs !== null && Symbol.asyncIterator in outputs) {
    return outputs as AsyncIterable<unknown>;
  }
  throw new Error('predict must give an array, a promise of one, or an async generator.');
}

const wrongNumber = (items: number, outputs: number | string): Error =>
  new Error(`predict was given ${items} items and gave ${outputs} outputs; it must give one for each item, in order.`);

/** Turns a rejection into an error in the item's place. */
const settled = (output: PromiseLike<unknown>): Promise<unknown> =>
  Promise.resolve(output).catch((reason: unknown) => (isError(reason) ? reason : new Error(textOfThrown(reason))));

const isError = (value: unknown): value is Error => types.isNativeError(value) || value instanceof Error;

function errorLine(index: number, error: Error & { readonly code?: unknown }): string {
  const code = typeof error.code === 'string' && error.code !== '' ? error.code : ITEM_ERROR_CODES.modelError;
  return `${JSON.stringify({ index, error: { code, message: textOfThrown(error) || error.name } })}\n`;
}
