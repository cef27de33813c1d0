/**
 * Makes text of others (models, datasets, AWS, names of files) safe for a terminal. A terminal obeys the control characters that it gets: it moves its
 * cursor, changes its title, writes the clipboard, shows text backwards.
 *
 * Two rules hold, each in one place. Text for people from an object of the bucket is made printable where it is decoded (core/contract/shape.ts,
 * `words`). All output of commands goes through `harmless` (runner/cli/process-terminal.ts), so no display can forget it.
 */

/** The pattern matches whole sequences, so that no part of them stays: strings (OSC, DCS and the like) up to their end, then CSI, then short ones. */
const SEQUENCES =
  /(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x00-\x1f\x7f-\x9f]*(?:\x07|\x1b\\|\x9c)|(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]|\x1b[ -/]*[0-~]/g;
/** These characters (overrides, embeddings and isolates) change the order in which other text is shown. */
const BIDIRECTIONAL = '\u202a-\u202e\u2066-\u2069';
const CONTROLS_BUT_LINES = new RegExp(`[\\x00-\\x09\\x0b-\\x1f\\x7f-\\x9f]+|[${BIDIRECTIONAL}]+`, 'g');
const LINE_ENDS = /\r\n|[\r\x0b\x0c\x85\u2028\u2029]/g;

/** Keeps the lines, each of which ends with `\n` afterwards. Tabs become spaces. */
export function printableLines(text: string): string {
  return text
    .replaceAll(SEQUENCES, '')
    .replaceAll(LINE_ENDS, '\n')
    .replaceAll(CONTROLS_BUT_LINES, (controls) => (controls.charCodeAt(0) > 0xff ? '' : ' '));
}

/** Returns one line, without blanks at its ends. */
export const printable = (text: string): string => printableLines(text).replaceAll(/\n+/g, ' ').trim();

/** The displays use these colours of `picocolors`. None of them hides text or moves the cursor. */
const OWN_COLOUR = String.raw`\x1b\[(?:0|1|2|22|3[1-6]|39)m`;
const HARMFUL = `[\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f\\u2028\\u2029${BIDIRECTIONAL}]`;
const COLOUR_OR_HARMFUL = new RegExp(`${OWN_COLOUR}|${HARMFUL}`, 'g');
const ANY_HARMFUL = new RegExp(HARMFUL, 'g');
/** JSON escapes the other control characters; it may hold these unescaped. */
const HARMFUL_IN_JSON = new RegExp(HARMFUL);

/**
 * Returns text that no terminal acts upon. A control character becomes its escape in JSON, so that JSON text keeps its value. Line feeds and tabs stay,
 * and colours stay if the caller wants them.
 */
export function harmless(text: string, { colours }: { readonly colours: boolean }): string {
  if (!HARMFUL_IN_JSON.test(text)) return text;
  return text.replaceAll(colours ? COLOUR_OR_HARMFUL : ANY_HARMFUL, (found) =>
    found.length > 1 ? found : `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
