/**
 * Web pages must not reach what needs no signature. A page that any browser shows can send requests to 127.0.0.1, and with a name of
 * its own that resolves there (DNS rebinding) it may even read the answers. Browsers cannot hide either: they say where a page is from.
 */
import type { IncomingMessage } from 'node:http';

const OWN_HOSTS = new Set(['127.0.0.1', 'localhost', '[::1]']);

/** Why a request is refused, in a sentence; undefined if it is of a program on this machine. */
export function refusalOfBrowsers({ headers }: IncomingMessage): string | undefined {
  const host = headers.host ?? '';
  if (!OWN_HOSTS.has(host.replace(/:\d*$/, '').toLowerCase())) {
    return `Only requests to 127.0.0.1 or localhost are answered here, not to '${host}'.`;
  }
  const site = headers['sec-fetch-site'];
  if (headers.origin !== undefined || (site !== undefined && site !== 'none')) {
    return 'Requests from web pages are refused.';
  }
  return undefined;
}
