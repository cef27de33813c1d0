/** Why a directory is not shipped as it is, and what to do. */
import { shellQuote } from '../../local-cloud/user-data.js';
import { OWN_IGNORE_FILE } from './ignore-rules.js';
import type { Walked } from './walk.js';

/** More names tell nothing more. */
const SHOWN = 8;

export function refusal({
  model,
  secrets,
  outward,
}: Pick<Walked, 'secrets' | 'outward'> & { readonly model: string }): string {
  const paragraphs: string[] = [];
  if (secrets.length > 0) {
    paragraphs.push(
      `The model ${model} holds what looks like secrets. Whatever is shipped lies in the bucket and on every instance:`,
      ...shown(secrets.map(({ path, what }) => `  ${path} (${what})`)),
      `To leave them out, name them in ${OWN_IGNORE_FILE} in the model's directory. To ship them all the same: ${shipping(secrets)}`,
      'A value that the model needs is better kept in AWS Secrets Manager: --secret NAME=ARN',
    );
  }
  if (outward.length > 0) {
    paragraphs.push(
      `The model ${model} holds links that lead out of its directory. What they point at is copied only when you say so:`,
      ...shown(outward.map(({ path, target }) => `  ${path} -> ${target}`)),
      `To copy what all of them point at: --follow-links. To copy some: ${shipping(outward)}. To leave them out, name them in ${OWN_IGNORE_FILE} in the model's directory.`,
    );
  }
  return paragraphs.join('\n');
}

const shipping = (found: readonly { readonly path: string }[]): string =>
  shown(found.map(({ path }) => `--ship ${word(path.replace(/\/$/, ''))}`)).join(' ');

const word = (text: string): string => (/^[\w@%+=:,./-]+$/.test(text) ? text : shellQuote(text));

function shown(texts: readonly string[]): readonly string[] {
  const more = texts.length - SHOWN;
  return more > 0 ? [...texts.slice(0, SHOWN), `  and ${more} more`] : texts;
}
