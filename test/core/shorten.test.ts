import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { shorten } from '../../core/shorten.js';

const FOLDER = '/opt/some/very/long/directory/name/that/goes/on/and/on/weights/of/the/model';
const ENOENT = `Error: ENOENT: no such file or directory, open '${FOLDER}/weights-v1.bin'`;
const FRAMES = Array.from(
  { length: 12 },
  (_, n) => `    at step${n} (file:///tmp/instances/i-0aa${n}/models/x-t5vI/model.mjs:${n}:9)`,
).join('\n');
const NODE = `node:fs:441\n    return binding.open(\n                   ^\n\n${ENOENT}\n${FRAMES} {\n  errno: -2,\n  code: 'ENOENT'\n}\n\nNode.js v22.0.0`;
const PYTHON = `Traceback (most recent call last):\n${Array.from(
  { length: 9 },
  (_, n) =>
    `  File "${FOLDER}/part${n}.py", line ${n}, in step${n}\n    return step${n + 1}(item)\n           ^^^^^^^^^^`,
).join('\n')}\nValueError: could not convert string to float: 'abc'`;

describe('a text that is too long', () => {
  it('is left alone when it is short enough', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(shorten(text, text.length)).toBe(text);
      }),
    );
  });

  it('is never longer than it may be', () => {
    const part = fc.oneof(fc.string(), fc.constantFrom(ENOENT, FRAMES, NODE, PYTHON, FOLDER, '\n', 'x'.repeat(300)));
    fc.assert(
      fc.property(fc.array(part), fc.integer({ min: 1, max: 600 }), (parts, most) => {
        expect(shorten(parts.join(' '), most).length).toBeLessThanOrEqual(most);
      }),
    );
  });

  it('keeps the error and the name of the file, and loses the middle of the path', () => {
    expect(shorten(ENOENT, 100)).toBe("Error: ENOENT: no such file or directory, open '/opt/…/model/weights-v1.bin'");
  });

  it.each([80, 120, 320, 1_000])('keeps what Node says of a missing file within %i characters', (most) => {
    for (const text of [NODE, NODE.replaceAll(/\s+/g, ' ')]) {
      expect(shorten(`The model could not be loaded. The end of its log:\n${text}`, most)).toContain(
        'ENOENT: no such file',
      );
    }
  });

  it.each([80, 120, 320, 1_000])('keeps the last line of a traceback within %i characters', (most) => {
    expect(shorten(PYTHON, most)).toContain("ValueError: could not convert string to float: 'abc'");
  });

  it('keeps the first and the last frame of a stack while there is room for them', () => {
    const shown = shorten(NODE, 500);
    expect(shown).toMatch(/ENOENT: no such file[\s\S]*at step0 [\s\S]*…[\s\S]*at step11 /);
    expect(shown).not.toContain('step5');
  });

  it('keeps an error wherever it stands among other words', () => {
    const words = fc.array(fc.constantFrom('lorem', 'ipsum', 'dolor', 'sit', 'amet,'), {
      minLength: 20,
      maxLength: 120,
    });
    fc.assert(
      fc.property(words, words, fc.integer({ min: 60, max: 120 }), (before, after, most) => {
        const text = `${before.join(' ')}\nKeyError: 'smiles'\n${after.join(' ')}`;
        expect(shorten(text, most)).toContain("KeyError: 'smiles'");
      }),
    );
  });

  it('has no half of a character where it is cut', () => {
    fc.assert(
      fc.property(fc.integer({ min: 10, max: 100 }), fc.constantFrom('', 'x'), fc.boolean(), (most, before, isWord) => {
        const text = `${before}${(isWord ? '😀' : '😀 ').repeat(100)}`;
        expect(shorten(text, most)).not.toMatch(/\p{Surrogate}/u);
      }),
    );
  });

  it('is searched no longer than a person would read', () => {
    const text = `${'a'.repeat(8_000_000)}/${'b/'.repeat(1_000_000)} Error: the end`;
    expect(shorten(text, 200)).toContain('Error: the end');
  });
});
