/** Walks over JSON text and finds the words outside of its strings: numbers, `true`, `null`, `NaN` and the like. */

export interface JsonWord {
  readonly start: number;
  readonly end: number;
  /** The place in the text, for people: `user.ids[2]`; empty when the word is the whole item. */
  readonly path: () => string;
}

type Container = { readonly kind: 'array'; index: number } | { readonly kind: 'object'; key: string; inKey: boolean };

/** Calls `visit` for each word. Text that is not JSON is no error: the walk goes on as well as it can. */
export function forEachWord(text: string, visit: (word: JsonWord) => void): void {
  const within: Container[] = [];
  const path = (): string => pathOf(within);
  for (let i = 0; i < text.length;) {
    const top = within.at(-1);
    let end = i + 1;
    switch (text[i]) {
      case '"':
        end = endOfString(text, i);
        if (top?.kind === 'object' && top.inKey) top.key = text.slice(i, end);
        break;
      case '{':
        within.push({ kind: 'object', key: '""', inKey: true });
        break;
      case '[':
        within.push({ kind: 'array', index: 0 });
        break;
      case '}':
      case ']':
        within.pop();
        break;
      case ',':
        if (top?.kind === 'array') top.index += 1;
        else if (top?.kind === 'object') top.inKey = true;
        break;
      case ':':
        if (top?.kind === 'object') top.inKey = false;
        break;
      case ' ':
      case '\t':
      case '\r':
      case '\n':
        break;
      default:
        end = endOfWord(text, i);
        visit({ start: i, end, path });
    }
    i = end;
  }
}

/** Returns the position behind the closing quote of the string that begins at `start`. */
export function endOfString(text: string, start: number): number {
  for (let quote = text.indexOf('"', start + 1); quote !== -1; quote = text.indexOf('"', quote + 1)) {
    let slashes = 0;
    while (text[quote - 1 - slashes] === '\\') slashes += 1;
    if (slashes % 2 === 0) return quote + 1;
  }
  return text.length;
}

const WORD_END = /[ \t\r\n"{}[\],:]/g;

/** Returns the position behind the word that begins at `start`; it is always greater than `start`. */
function endOfWord(text: string, start: number): number {
  WORD_END.lastIndex = start + 1;
  return WORD_END.exec(text)?.index ?? text.length;
}

function pathOf(within: readonly Container[]): string {
  let path = '';
  for (const container of within) {
    if (container.kind === 'array') path += `[${container.index}]`;
    else if (/^"[\p{L}_$][\p{L}\p{N}_$-]*"$/u.test(container.key))
      path += `${path && '.'}${container.key.slice(1, -1)}`;
    else path += `[${container.key}]`;
  }
  return path;
}
