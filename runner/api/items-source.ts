/** Turns the items that a program has in memory, or makes as it goes, into a source of JSON Lines. */
import { UserError } from '../errors.js';
import type { Source } from '../dataset/sources/source.js';
import type { JsonValue } from './types.js';

type Items = Iterable<JsonValue> | AsyncIterable<JsonValue>;

/** Fewer and larger chunks are read faster. */
const CHUNK_CHARACTERS = 64 * 1024;

export function itemsSource(name: string, items: Items): Source {
  if (typeof items === 'string') throw new UserError(ONE_TEXT);
  if (!isIterable(items)) throw new UserError(NO_ITEMS);
  const again = Array.isArray(items) || items instanceof Set;
  let isRead = false;
  return {
    name,
    identity: name,
    again,
    facts: async () => ({}),
    stream: (signal) => {
      if (isRead && !again) throw new UserError(READ_ONCE);
      isRead = true;
      return linesOf(items, signal);
    },
  };
}

/** A program in JavaScript may give anything. */
const isIterable = (items: unknown): items is Items =>
  typeof items === 'object' && items !== null && (Symbol.iterator in items || Symbol.asyncIterator in items);

const ONE_TEXT =
  'The items are one text. Give a list or an iterator of items; the path of a file is given as `dataset`.';
const NO_ITEMS = 'The items are no list and no iterator. Give items that "for await" can read.';

const READ_ONCE =
  'The items were needed twice, but an iterator can be read only once. Another submit of the same job was at work. Submit again with a new iterator, or give an array.';

async function* linesOf(items: Items, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  let index = 0;
  let text = '';
  for await (const item of isAsync(items) ? untilAborted(items, signal) : items) {
    signal.throwIfAborted();
    text += `${jsonOf(item, index)}\n`;
    index += 1;
    if (text.length < CHUNK_CHARACTERS) continue;
    yield Buffer.from(text);
    text = '';
  }
  if (text !== '') yield Buffer.from(text);
}

const isAsync = (items: Items): items is AsyncIterable<JsonValue> => Symbol.asyncIterator in items;

/** A program's iterator may wait forever for its next item, and the call ends all the same when it is aborted. */
async function* untilAborted<Item>(items: AsyncIterable<Item>, signal: AbortSignal): AsyncGenerator<Item> {
  signal.throwIfAborted();
  const iterator = items[Symbol.asyncIterator]();
  let stop: (reason: unknown) => void = () => undefined;
  const abort = (): void => stop(signal.reason);
  signal.addEventListener('abort', abort);
  let isOver = false;
  try {
    for (;;) {
      const next = await new Promise<IteratorResult<Item>>((resolve, reject) => {
        stop = reject;
        iterator.next().then(resolve, reject);
      });
      isOver = next.done === true;
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    signal.removeEventListener('abort', abort);
    // A generator that waits hears this only when its wait ends, so nobody waits for it.
    if (!isOver) iterator.return?.().catch(() => undefined);
  }
}

/** JSON would change some values in silence: NaN becomes null. No value is changed on its way (R14). */
function jsonOf(item: JsonValue, index: number): string {
  let json: unknown;
  try {
    json = JSON.stringify(item, function (this: unknown, name: string, value: unknown) {
      const what = strangeIn(this, name, value);
      if (what !== undefined) throw cannotSay(index, what);
      return value;
    });
  } catch (error) {
    // Node's message of an object that contains itself shows parts of the item.
    throw error instanceof TypeError ? cannotSay(index, 'an object that contains itself') : error;
  }
  if (typeof json !== 'string') throw cannotSay(index, 'undefined');
  return json;
}

/** `holder` has the value as it was before its own toJSON. */
function strangeIn(holder: unknown, name: string, value: unknown): string | undefined {
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value);
  if (typeof value === 'bigint') return `the BigInt ${value}`;
  if (value instanceof Map || value instanceof Set) return `a ${value.constructor.name}`;
  if (ArrayBuffer.isView(value) || value instanceof Error || value instanceof RegExp)
    return `a ${value.constructor.name}`;
  if (typeof value === 'function' || typeof value === 'symbol') return `a ${typeof value}`;
  if (value === undefined && Array.isArray(holder)) return 'undefined in a list';
  const before: unknown = (holder as Readonly<Record<string, unknown>>)[name];
  return value === null && before instanceof Date ? 'a Date without a time' : undefined;
}

const cannotSay = (index: number, what: string): UserError =>
  new UserError(`Item ${index} has ${what}, which JSON cannot express. Submit it as a text, or leave it out.`);
