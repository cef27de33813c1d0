/** Splits a command into words as a POSIX shell does. It expands nothing, because no shell runs the command. */
import { UserError } from '../errors.js';

const OPERATORS = new Set(['|', '&', ';', '<', '>']);
/** Within double quotes a backslash escapes only these characters. */
const ESCAPED_IN_QUOTES = new Set(['"', '\\', '$', '`']);

export function shellWords(command: string): string[] {
  const words: string[] = [];
  let word: string | undefined; // undefined between words: '' is a word too
  for (let i = 0; i < command.length; i++) {
    const char = command.charAt(i);
    if (/\s/.test(char)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (char === "'" || char === '"') {
      const quoted = readQuoted(command, i, char);
      word = (word ?? '') + quoted.text;
      i = quoted.end;
    } else if (char === '\\' && i + 1 < command.length) {
      i += 1;
      word = (word ?? '') + command.charAt(i);
    } else if (OPERATORS.has(char)) {
      throw new UserError(
        `The model's command contains an unquoted ${char}, but no shell runs it: ${command}\n` +
          `Quote the character, or start a shell: sh -c '…'`,
      );
    } else {
      word = (word ?? '') + char;
    }
  }
  if (word !== undefined) words.push(word);
  return words;
}

function readQuoted(command: string, start: number, quote: string): { readonly text: string; readonly end: number } {
  let text = '';
  for (let i = start + 1; i < command.length; i++) {
    const char = command.charAt(i);
    if (char === quote) return { text, end: i };
    if (char === '\\' && quote === '"' && ESCAPED_IN_QUOTES.has(command.charAt(i + 1))) {
      i += 1;
      text += command.charAt(i);
    } else {
      text += char;
    }
  }
  throw new UserError(`The model's command contains a ${quote} that is never closed: ${command}`);
}
