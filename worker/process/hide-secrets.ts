/** Takes the values of a job's secrets out of everything that the model's processes print or answer. */

export type Secrets = Readonly<Record<string, string>>;

/** Shorter lines of a secret with several lines would remove ordinary words from logs. */
const MIN_HIDDEN_LENGTH = 4;

export type Hide = (text: string) => string;

export const hideNothing: Hide = (text) => text;

/** It also hides the values as JSON has them, because a line of the model's protocol may be part of an error. */
export function hiderOf(secrets: Secrets): Hide {
  const hidden = Object.entries(secrets).flatMap(([name, value]) =>
    [value, ...value.split(/\r?\n/)]
      .flatMap((text) => [text, JSON.stringify(text).slice(1, -1)])
      .filter((text) => text.length >= MIN_HIDDEN_LENGTH)
      .map((text) => ({ text, name })),
  );
  if (hidden.length === 0) return hideNothing;
  // The longest values come first, because one may be part of another.
  hidden.sort((a, b) => b.text.length - a.text.length);
  return (shown) => hidden.reduce((left, { text, name }) => left.replaceAll(text, `[secret ${name}]`), shown);
}
