/**
 * The package indexes that the user's settings name, and their credentials. uv reads its own settings by itself; those of pip are translated for it.
 * Credentials stay on this machine: `withoutCredentials` removes them from whatever is stored or printed.
 */
import { readFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';

/** The index that uv and pip ask when nothing else is set. */
const DEFAULT_INDEX = 'https://pypi.org/simple';

type Environment = Readonly<Record<string, string | undefined>>;

export interface IndexSettings {
  /** Variables for uv, which stand for the settings of pip. */
  readonly variables: Readonly<Record<string, string>>;
  /** The indexes, as they were given; the first one is asked first. */
  readonly urls: readonly string[];
}

/** Settings of uv win over those of pip, and variables over files. */
export async function readIndexSettings(env: Environment): Promise<IndexSettings> {
  const own = indexesOfUv(env);
  if (own !== undefined) return { variables: {}, urls: own };
  const pip = await settingsOfPip(env);
  const index = env['PIP_INDEX_URL'] ?? pip['index-url'];
  const extra = words(env['PIP_EXTRA_INDEX_URL'] ?? pip['extra-index-url']);
  return {
    variables: {
      ...(index === undefined ? {} : { UV_DEFAULT_INDEX: index }),
      ...(extra.length === 0 ? {} : { UV_INDEX: extra.join(' ') }),
    },
    urls: [...extra, index ?? DEFAULT_INDEX],
  };
}

function indexesOfUv(env: Environment): readonly string[] | undefined {
  const main = env['UV_DEFAULT_INDEX'] ?? env['UV_INDEX_URL'];
  const extra = [...words(env['UV_INDEX']), ...words(env['UV_EXTRA_INDEX_URL'])];
  if (main === undefined && extra.length === 0) return undefined;
  return [...extra, main ?? DEFAULT_INDEX].map((index) => namedUrl(index, env));
}

/** An index may be given as `name=url`. Its credentials may be in variables with its name. https://docs.astral.sh/uv/concepts/indexes/#providing-credentials-directly */
function namedUrl(index: string, env: Environment): string {
  const [, name, given] = /^([\w.-]+)=(https?:.*)$/.exec(index) ?? [];
  if (name === undefined || given === undefined) return index;
  const variable = `UV_INDEX_${name.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_')}`;
  const user = env[`${variable}_USERNAME`];
  const url = urlOf(given);
  if (url === undefined || user === undefined) return given;
  url.username = encodeURIComponent(user);
  url.password = encodeURIComponent(env[`${variable}_PASSWORD`] ?? '');
  return url.href;
}

const words = (text: string | undefined): readonly string[] => (text ?? '').split(/\s+/).filter((word) => word !== '');

/** The places in rising order of weight. https://pip.pypa.io/en/stable/topics/configuration/#location */
async function settingsOfPip(env: Environment): Promise<Readonly<Record<string, string>>> {
  const home = env['HOME'] ?? os.homedir();
  const files = [
    '/etc/pip.conf',
    path.join(home, '.pip', 'pip.conf'),
    path.join(home, 'Library', 'Application Support', 'pip', 'pip.conf'),
    path.join(env['XDG_CONFIG_HOME'] ?? path.join(home, '.config'), 'pip', 'pip.conf'),
    ...(env['PIP_CONFIG_FILE'] === undefined ? [] : [env['PIP_CONFIG_FILE']]),
  ];
  const texts = await Promise.all(files.map((file) => readFile(file, 'utf8').catch(() => '')));
  return Object.assign({}, ...texts.map(settingsOfIni)) as Record<string, string>;
}

/** Reads the settings for all commands of pip (`[global]`) and those for installing and downloading. */
function settingsOfIni(text: string): Readonly<Record<string, string>> {
  const settings: Record<string, string> = {};
  let section = '';
  let last = '';
  for (const line of text.split('\n')) {
    const [, named] = /^\[(\w+)\]/.exec(line) ?? [];
    const [, key, value] = /^([\w-]+)\s*[=:]\s*(.*)$/.exec(line) ?? [];
    section = named ?? section;
    if (!['global', 'install', 'download'].includes(section)) continue;
    if (key !== undefined && value !== undefined) settings[(last = key)] = value.trim();
    else if (/^\s+\S/.test(line)) settings[last] = `${settings[last] ?? ''} ${line.trim()}`.trim();
  }
  return settings;
}

export function urlOf(text: string): URL | undefined {
  try {
    return new URL(text);
  } catch {
    return undefined;
  }
}

/** The URL without user, password, query and fragment: each may be a secret. */
export function publicUrl(text: string): string {
  const url = urlOf(text);
  return url === undefined ? withoutCredentials(text) : `${url.protocol}//${url.host}${url.pathname}`;
}

/** A password may hold an `@`: the last one before the path ends it. */
export const withoutCredentials = (text: string): string => text.replaceAll(/(\w+:\/\/)[^\s/?#]*@/g, '$1');

/** Returns the host of the first address that has credentials. */
export const hostWithCredentials = (urls: readonly string[]): string | undefined =>
  urls.map(urlOf).find((url) => url !== undefined && (url.username !== '' || url.password !== ''))?.host;

/** Returns the header for a file, from the index on the same host. Other hosts get no credentials. */
export function authorizationFor(file: string, indexes: readonly string[]): Readonly<Record<string, string>> {
  const origin = urlOf(file)?.origin;
  for (const index of [file, ...indexes]) {
    const url = urlOf(index);
    if (url === undefined || url.origin !== origin || url.username === '') continue;
    const user = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
    return { authorization: `Basic ${Buffer.from(user).toString('base64')}` };
  }
  return {};
}
