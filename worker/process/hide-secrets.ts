/** Takes the values of a job's secrets out of everything that the model's processes print or answer. */

export type Secrets = Readonly<Record<string, string>>;

/** Shorter lines (of a secret of several) would take ordinary words out of logs. */
const MIN_HIDDEN_LENGTH = 4;

export type Hide = (text: string) => string;

export const hideNothing: Hide = (text) => text;

/** Also as JSON has them: a line of the model's protocol may be part of an error. */
export function hiderOf(secrets: Secrets): Hide {
  const hidden = Object.entries(secrets).flatMap(([name, value]) =>
    [value, ...value.split(/\r?\n/)]
      .flatMap((text) => [text, JSON.stringify(text).slice(1, -1)])
      .filter((text) => text.length >= MIN_HIDDEN_LENGTH)
      .map((text) => ({ text, name })),
  );
  if (hidden.length === 0) return hideNothing;
  // The longest first: one may be a part of another.
  hidden.sort((a, b) => b.text.length - a.text.length);
  return (shown) => hidden.reduce((left, { text, name }) => left.replaceAll(text, `[secret ${name}]`), shown);
}
