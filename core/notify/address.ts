/**
 * Reads the address to which the end of a job is posted. Pure.
 *
 * Invariant: the address is a secret, because whoever knows it may post there. No problem and no name that is made here holds more of it than the end
 * of its host's name.
 */

/** Slack reads a text in a field of its own. Everything else gets the whole notification. */
export type NotifyForm = 'slack' | 'json';

export interface NotifyAddress {
  readonly url: string;
  readonly form: NotifyForm;
  /** Messages name the address by this. */
  readonly shown: string;
  /** The key with which the notification is signed. */
  readonly key?: Uint8Array;
}

/** `problem` completes a sentence whose subject is the address or the key. */
export type Read<T> =
  { readonly kind: 'read'; readonly value: T } | { readonly kind: 'problem'; readonly problem: string };

/** Common programs take no longer address. */
const MOST_CHARACTERS = 2_048;
/** https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks and the same of Slack for governments. */
const SLACK_HOSTS: ReadonlySet<string> = new Set(['hooks.slack.com', 'hooks.slack-gov.com']);
const KEY_PREFIX = 'whsec_';
/** https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md#signature-scheme */
const LEAST_KEY_BYTES = 24;
const MOST_KEY_BYTES = 64;

const problem = (text: string): { readonly kind: 'problem'; readonly problem: string } => ({
  kind: 'problem',
  problem: text,
});

export function readAddress(text: string): Read<NotifyAddress> {
  if (text === '') return problem('is empty');
  if (text.length > MOST_CHARACTERS) return problem(`has more than ${MOST_CHARACTERS} characters`);
  if (/[\s\x00-\x1f\x7f]/.test(text)) return problem('has a blank or a control character in it');
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text)) {
    return problem('is not a web address: it must begin with https:// or http:// and name a host');
  }
  const { hostname, username, password, href } = new URL(text);
  if (username !== '' || password !== '') {
    return problem('has a user or a password before its host, which cannot be sent: use one without');
  }
  const form = SLACK_HOSTS.has(hostname) ? 'slack' : 'json';
  return { kind: 'read', value: { url: href, form, shown: form === 'slack' ? 'Slack' : shownName(hostname) } };
}

/** Some services put the secret into the first labels of the host's name. */
function shownName(hostname: string): string {
  const isNumber = /^[\d.]+$/.test(hostname) || hostname.startsWith('[');
  const labels = hostname.split('.');
  const [second = '', top = ''] = labels.slice(-2);
  // `co.uk` alone would say nothing.
  const kept = top.length === 2 && second.length <= 3 ? 3 : 2;
  return isNumber ? hostname : labels.slice(-kept).join('.');
}

/** A key has the form `whsec_` and base64. */
export function readKey(text: string): Read<Uint8Array> {
  const encoded = text.startsWith(KEY_PREFIX) ? text.slice(KEY_PREFIX.length) : undefined;
  const bytes = encoded === undefined ? undefined : bytesOf(encoded);
  if (bytes === undefined) return problem(`must be ${KEY_PREFIX} with base64 behind it`);
  if (bytes.length < LEAST_KEY_BYTES || bytes.length > MOST_KEY_BYTES) {
    return problem(`must have ${LEAST_KEY_BYTES} to ${MOST_KEY_BYTES} bytes, in base64 behind ${KEY_PREFIX}`);
  }
  return { kind: 'read', value: bytes };
}

function bytesOf(encoded: string): Uint8Array | undefined {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(encoded)) return undefined;
  try {
    return Uint8Array.from(atob(encoded), (character) => character.charCodeAt(0));
  } catch {
    return undefined;
  }
}
