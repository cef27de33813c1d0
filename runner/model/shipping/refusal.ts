/** Explains why a directory is not shipped, and what to do. */
import { shellQuote } from '../../local-cloud/user-data.js';
import { OWN_IGNORE_FILE } from './ignore-rules.js';
import type { Walked } from './walk.js';

/** A longer list would add nothing. */
const SHOWN = 8;

export function refusal({
  model,
  secrets,
  outward,
}: Pick<Walked, 'secrets' | 'outward'> & { readonly model: string }): string {
  const paragraphs: string[] = [];
  if (secrets.length > 0) {
    paragraphs.push(
      `The model ${model} contains files that look like secrets. Shipped files are copied to the bucket and to every instance:`,
      ...shown(secrets.map(({ path, what }) => `  ${path} (${what})`)),
      `To exclude them, add them to ${OWN_IGNORE_FILE} in the model's directory. To ship them anyway: ${shipping(secrets)}`,
      'If the model needs a secret, keep it in AWS Secrets Manager: --secret NAME=ARN',
    );
  }
  if (outward.length > 0) {
    paragraphs.push(
      `The model ${model} contains links that lead out of its directory. Their targets are copied only on request:`,
      ...shown(outward.map(({ path, target }) => `  ${path} -> ${target}`)),
      `To copy all targets: --follow-links. To copy some: ${shipping(outward)}. To exclude the links, add them to ${OWN_IGNORE_FILE} in the model's directory.`,
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
