import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { projectRoot } from '../../support/cli.js';
import { patched } from './patch.js';
import { SABOTAGES } from './sabotages.js';

const sourceOf = (file: string): string => readFileSync(path.join(projectRoot, file), 'utf8');

describe('the sabotages', () => {
  it('are thirty or more, with a name each', () => {
    const names = SABOTAGES.map(({ name }) => name);
    expect(names.length).toBeGreaterThanOrEqual(30);
    expect(new Set(names).size).toBe(names.length);
  });

  it.each(SABOTAGES)('find their place in the product: $name', (sabotage) => {
    const source = patched(sourceOf(sabotage.file), sabotage);
    expect(source).toContain('sabotaged()');
  });

  it('are refused when their text is missing, or is there twice', () => {
    const [first] = SABOTAGES;
    if (first === undefined) throw new Error('There is no sabotage.');
    expect(() => patched('nothing of it', first)).toThrow('finds its text 0 times');
    expect(() => patched(`${first.find}\n${first.find}`, first)).toThrow('finds its text 2 times');
  });
});
