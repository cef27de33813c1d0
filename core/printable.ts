/**
 * Text of others (models, datasets, AWS, names of files) on its way to a terminal. A terminal obeys what it is sent: it moves its cursor, changes
 * its title, writes the clipboard, shows text backwards.
 *
 * Two rules, each in one place: what an object of the bucket says to people is made printable where it is decoded (core/contract/shape.ts, `words`), and
 * whatever a command writes goes through `harmless` (runner/cli/process-terminal.ts), which no display can forget.
 */

/** Whole sequences, so that nothing of them is left to read: strings (OSC, DCS and the like) up to their end, then CSI, then short ones. */
const SEQUENCES =
  /(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x00-\x1f\x7f-\x9f]*(?:\x07|\x1b\\|\x9c)|(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]|\x1b[ -/]*[0-~]/g;
/** Overrides, embeddings and isolates: they change the order in which other text is shown. */
const BIDIRECTIONAL = '\u202a-\u202e\u2066-\u2069';
const CONTROLS_BUT_LINES = new RegExp(`[\\x00-\\x09\\x0b-\\x1f\\x7f-\\x9f]+|[${BIDIRECTIONAL}]+`, 'g');
const LINE_ENDS = /\r\n|[\r\x0b\x0c\x85\u2028\u2029]/g;

/** Lines end with `\n`, as they did; tabs become spaces. */
export function printableLines(text: string): string {
  return text
    .replaceAll(SEQUENCES, '')
    .replaceAll(LINE_ENDS, '\n')
    .replaceAll(CONTROLS_BUT_LINES, (controls) => (controls.charCodeAt(0) > 0xff ? '' : ' '));
}

/** One line, without blanks at its ends. */
export const printable = (text: string): string => printableLines(text).replaceAll(/\n+/g, ' ').trim();

/** Our displays use these colours of `picocolors`: none of them hides text or moves anything. */
const OWN_COLOUR = String.raw`\x1b\[(?:0|1|2|22|3[1-6]|39)m`;
const HARMFUL = `[\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f\\u2028\\u2029${BIDIRECTIONAL}]`;
const COLOUR_OR_HARMFUL = new RegExp(`${OWN_COLOUR}|${HARMFUL}`, 'g');
const ANY_HARMFUL = new RegExp(HARMFUL, 'g');
/** JSON escapes the other controls by itself, and these may stand in it as they are. */
const HARMFUL_IN_JSON = new RegExp(HARMFUL);

/**
 * Text that no terminal acts upon: a control character is shown as its escape in JSON, so that JSON stays the same value. Line feeds and tabs stay, and
 * colours where they are wanted.
 */
export function harmless(text: string, { colours }: { readonly colours: boolean }): string {
  if (!HARMFUL_IN_JSON.test(text)) return text;
  return text.replaceAll(colours ? COLOUR_OR_HARMFUL : ANY_HARMFUL, (found) =>
    found.length > 1 ? found : `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
