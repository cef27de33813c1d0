/**
 * Decides whether the files of a folder, a prefix or a glob are rows, or are items themselves. Their names say it, and where they do not, the first bytes of
 * the first file that has any do. A mixture is refused.
 */
import { formatByName, roleByName } from '../../../core/dataset/dataset-format.js';
import { isJson } from '../../../core/contract/json-text.js';
import { UserError } from '../../errors.js';
import { ByteSource } from '../byte-source.js';
import { HEAD_BYTES } from '../recognise.js';
import { isGlob } from './glob.js';
import { compareBytes, isAboutData, lastName } from './names.js';
import { closeSource, openSource } from './open-source.js';
import type { Source } from './source.js';

export type Role = 'rows' | 'files';

/** Collects what the names of the files say, one after another. */
export class NameRoles {
  /** The first names of each kind. */
  #records: string | undefined;
  #other: string | undefined;
  /** A text about the data counts as another file only if there are no rows. */
  #about: string | undefined;
  #bytes: string | undefined;

  readonly #argument: string;

  constructor(argument: string) {
    this.#argument = argument;
  }

  /** Throws a `UserError` when the names are a mixture. Returns true when the file is data. */
  add(name: string): boolean {
    const last = lastName(name);
    const role = roleByName(last);
    if (role === 'other' && isAboutData(last)) {
      this.#about = least(this.#about, name);
      return false;
    }
    if (role === 'records') this.#records = least(this.#records, name);
    else if (role === 'other') this.#other = least(this.#other, name);
    else this.#bytes = least(this.#bytes, name);
    if (this.#records !== undefined && this.#other !== undefined) throw this.#mixture(this.#records, this.#other);
    return true;
  }

  /** The role that the names show. Undefined when only bytes can. */
  get role(): Role | undefined {
    if (this.#records !== undefined) return 'rows';
    if (this.#other !== undefined || this.#bytes === undefined) return 'files';
    return undefined;
  }

  /** The first text about the data, such as a README. */
  get about(): string | undefined {
    return this.#about;
  }

  #mixture(records: string, other: string): UserError {
    const ending = /\.[^./]+(\.(gz|zst))?$/.exec(records)?.[0] ?? '';
    const folder = isGlob(this.#argument)
      ? this.#argument.replace(/[*?[{].*$/s, '').replace(/[^/]*$/, '')
      : this.#argument;
    const before = folder === '' || folder.endsWith('/') ? folder : `${folder}/`;
    return new UserError(
      `The dataset ${this.#argument} mixes files of records (${records}) with other files (${other}). ` +
        `Give a glob of those that you mean ('${before}**/*${ending}'), or make every file an item with --format files.`,
    );
  }
}

const least = (before: string | undefined, name: string): string =>
  before === undefined || compareBytes(name, before) < 0 ? name : before;

/** A file with one JSON object is as likely a document as a list of one item. */
const SEVERAL_LINES = /\S[\r\n]+\S/;

/** Programs that write many files leave empty ones among them. Nobody waits until more of them are opened. */
const MOST_BLANK_FILES = 1_000;

export interface SeenRole {
  readonly role: Role;
  /** A sentence for the user when the role is not the one that people expect. */
  readonly notice?: string;
}

/** `sources` are in the order of the dataset. Blank files show nothing, so the first other one is looked at. */
export async function roleByBytes(sources: readonly Source[], signal: AbortSignal): Promise<SeenRole> {
  for (const source of sources.slice(0, MOST_BLANK_FILES)) {
    const seen = await roleOfSource(source, signal);
    if (seen !== undefined) return seen;
  }
  return FILES;
}

const FILES: SeenRole = { role: 'files' };
const ROWS: SeenRole = { role: 'rows' };

const ofOneLine = ({ name }: Source): SeenRole => ({
  role: 'files',
  notice: `Each file of the dataset is one item, because ${name} is a single line of JSON. To make each line of the files an item: --format jsonl.`,
});

/** Opens the file to see what it is. A file that cannot be read as records is an item. Undefined when the file is blank. */
async function roleOfSource(source: Source, signal: AbortSignal): Promise<SeenRole | undefined> {
  try {
    const opened = await openSource(source, 0, {}, signal);
    try {
      if (opened.kind === 'parquet') return ROWS;
      if (opened.bytes.isBlank) return undefined;
      const { format } = opened.bytes.recognised;
      if (format !== 'jsonl') return format === 'text' ? FILES : ROWS;
      const { bytes } = await opened.bytes.source.peek(HEAD_BYTES);
      return SEVERAL_LINES.test(bytes.toString('latin1')) ? ROWS : ofOneLine(source);
    } finally {
      await closeSource(opened);
    }
  } catch (error) {
    signal.throwIfAborted();
    const { kind } = formatByName(source.name);
    if (!(error instanceof UserError) || kind === 'format') throw error;
    return kind === 'json' && (await isOneLine(source, signal)) ? ofOneLine(source) : FILES;
  }
}

/** A line that is longer than this is a document rather than an item of many. */
async function isOneLine(source: Source, signal: AbortSignal): Promise<boolean> {
  const opened = new ByteSource(source.stream(signal));
  try {
    const { bytes, whole } = await opened.peek(HEAD_BYTES);
    return whole && !SEVERAL_LINES.test(bytes.toString('latin1')) && isJson(bytes.toString());
  } finally {
    await opened.close();
  }
}
