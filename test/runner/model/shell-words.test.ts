import fc from 'fast-check';
import { expect, it } from 'vitest';
import { shellWords } from '../../../runner/model/shell-words.js';

it.each([
  ['python3 model.py --x', ['python3', 'model.py', '--x']],
  [`  a  'b c' "d 'e'" f\\ g `, ['a', 'b c', "d 'e'", 'f g']],
  [`x="1 2"'3' ''`, ['x=1 23', '']],
  [`"a\\"b\\n" 'c\\'`, ['a"b\\n', 'c\\']],
  ['$HOME *.py ~', ['$HOME', '*.py', '~']],
  ['', []],
])('splits %s as a shell does, without expansion', (command, words) => {
  expect(shellWords(command)).toEqual(words);
});

it('restores any words that were quoted', () => {
  fc.assert(
    fc.property(fc.array(fc.string()), (words) => {
      const quoted = words.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ');
      expect(shellWords(quoted)).toEqual(words);
    }),
  );
});

it('refuses operators that only a shell understands, and says how to start one', () => {
  expect(() => shellWords('cat x | python3 y.py')).toThrow("start a shell: sh -c '…'");
  expect(() => shellWords(`echo 'x`)).toThrow("contains a ' that is never closed");
});
