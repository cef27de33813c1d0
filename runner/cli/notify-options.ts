/**
 * The option that names addresses to notify. Commander repeats a wrong value in its message, so the value is any text here, and is read by
 * `notifyAddresses`, whose messages hold nothing of it.
 */
import { type NotifyAddress, type Read, readAddress, readKey } from '../../core/notify/address.js';
import { definedFields } from '../../core/defined-fields.js';
import { UserError } from '../errors.js';
import { parsed } from './option-rows.js';

const ADDRESSES_VARIABLE = 'SPOTPOOL_NOTIFY';
const KEY_VARIABLE = 'SPOTPOOL_NOTIFY_KEY';
/** More would delay the end of a command, because each may take a minute or two. */
const MOST_ADDRESSES = 5;

export const notifyRow = {
  notify: parsed<readonly string[]>(
    '<url>',
    `post the end of the job to this address, once: Slack gets a text, every other address JSON (repeatable; also with ${ADDRESSES_VARIABLE}, which keeps the address out of the shell's history)`,
    (text, previous = []) => [...previous, text],
  ),
};

/** Refuses an address that cannot work, before anything is started. The option counts before the variable. */
export function notifyAddresses(
  given: readonly string[] | undefined,
  env: Readonly<Record<string, string | undefined>>,
): readonly NotifyAddress[] {
  const ofVariable = (env[ADDRESSES_VARIABLE] ?? '').split(/\s+/).filter((text) => text !== '');
  const source = given === undefined ? ADDRESSES_VARIABLE : '--notify';
  const texts = [...new Set(given ?? ofVariable)];
  if (texts.length > MOST_ADDRESSES) {
    throw new UserError(`${source} names ${texts.length} addresses. It may name ${MOST_ADDRESSES}.`);
  }
  const addresses = texts.map((text) => valueOf(readAddress(text), `The address of ${source}`));
  const encoded = env[KEY_VARIABLE];
  if (!encoded || addresses.length === 0) return addresses;
  const key = valueOf(readKey(encoded), KEY_VARIABLE);
  return addresses.map((address) => ({ ...address, ...definedFields({ key }) }));
}

function valueOf<T>(read: Read<T>, subject: string): T {
  if (read.kind === 'read') return read.value;
  throw new UserError(`${subject} ${read.problem}. It is not shown here, because it is a secret.`);
}
