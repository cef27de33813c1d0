/**
 * Keeps web pages away from calls that need no signature. Any page in a browser can send requests to 127.0.0.1. A
 * page whose domain name resolves to that address (DNS rebinding) may even read the answers. Browsers cannot hide
 * either: their requests name the page's origin.
 */
import type { IncomingMessage } from 'node:http';

const OWN_HOSTS = new Set(['127.0.0.1', 'localhost', '[::1]']);

/** Returns why a request is refused, in one sentence, or undefined if the request does not come from a web page. */
export function refusalOfBrowsers({ headers }: IncomingMessage): string | undefined {
  const host = headers.host ?? '';
  if (!OWN_HOSTS.has(host.replace(/:\d*$/, '').toLowerCase())) {
    return `The local cloud answers requests to 127.0.0.1 or localhost only, not to '${host}'.`;
  }
  const site = headers['sec-fetch-site'];
  if (headers.origin !== undefined || (site !== undefined && site !== 'none')) {
    return 'Requests from web pages are refused.';
  }
  return undefined;
}
