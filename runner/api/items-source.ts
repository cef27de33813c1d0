/** Turns the items that a program has in memory, or makes as it goes, into a source of JSON Lines. */
import { UserError } from '../errors.js';
import type { Source } from '../dataset/sources/source.js';
import type { JsonValue } from './types.js';

type Items = Iterable<JsonValue> | AsyncIterable<JsonValue>;

/** Fewer and larger chunks are read faster. */
const CHUNK_CHARACTERS = 64 * 1024;

export function itemsSource(name: string, items: Items): Source {
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

const READ_ONCE =
  'The items were needed twice, but an iterator can be read only once. Another submit of the same job was at work. Submit again with a new iterator, or give an array.';

async function* linesOf(items: Items, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  let index = 0;
  let text = '';
  for await (const item of items) {
    signal.throwIfAborted();
    text += `${jsonOf(item, index)}\n`;
    index += 1;
    if (text.length < CHUNK_CHARACTERS) continue;
    yield Buffer.from(text);
    text = '';
  }
  if (text !== '') yield Buffer.from(text);
}

/** JSON would change some values in silence: NaN becomes null. No value is changed on its way (R14). */
function jsonOf(item: JsonValue, index: number): string {
  const json: unknown = JSON.stringify(item, (_name, value: unknown) => {
    if (typeof value === 'number' && !Number.isFinite(value)) throw cannotSay(index, String(value));
    if (typeof value === 'bigint') throw cannotSay(index, `the BigInt ${value}`);
    if (value instanceof Map || value instanceof Set) throw cannotSay(index, `a ${value.constructor.name}`);
    if (typeof value === 'function' || typeof value === 'symbol') throw cannotSay(index, `a ${typeof value}`);
    return value;
  });
  if (typeof json !== 'string') throw cannotSay(index, 'undefined');
  return json;
}

const cannotSay = (index: number, what: string): UserError =>
  new UserError(`Item ${index} has ${what}, which JSON cannot express. Submit it as a text, or leave it out.`);
