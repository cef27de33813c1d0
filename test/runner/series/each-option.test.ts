import { describe, expect, it } from 'vitest';
import { type EachVariable, eachVariable } from '../../../runner/cli/each-option.js';
import { seriesJobs } from '../../../runner/submit/series/series-jobs.js';

const parsed = (...texts: readonly string[]): readonly EachVariable[] =>
  texts.reduce<readonly EachVariable[]>((before, text) => eachVariable(text, before), []);
const ids = (series: string, ...texts: readonly string[]): readonly string[] =>
  seriesJobs(series, parsed(...texts), undefined).map(({ job }) => job);

describe('the option --each', () => {
  it.each<readonly [string, readonly string[]]>([
    ['LR=0.1,0.20,1e-3', ['0.1', '0.20', '1e-3']],
    ['LR=0.1', ['0.1']],
    ['PATHS=/a/b,/c=d', ['/a/b', '/c=d']],
    ['TEXT=["a, b","say \\"so\\"",""]', ['a, b', 'say "so"', '']],
    ['LAYERS=["[64,32]","[128]"]', ['[64,32]', '[128]']],
    ['BLANK= a,b ', [' a', 'b ']],
  ])('reads %s without changing a value', (text, values) => {
    expect(parsed(text).map((variable) => variable.values)).toEqual([values]);
  });

  it.each([
    ['LR', /It must be NAME=VALUE,VALUE/],
    ['1LR=0.1', /It must be NAME=VALUE,VALUE/],
    ['LR=', /A value is empty/],
    ['LR=0.1,,0.2', /A value is empty\. An empty text is given in JSON: LR=\["","a"\]/],
    ['LR=0.1,0.2,0.1', /The value "0\.1" is given twice/],
    ['LR=[0.1,0.2]', /values that have commas or begin with \[/],
    ['LR=[]', /It must be NAME=VALUE,VALUE/],
    ['LAYERS=[64,32],[128]', /values that have commas or begin with \[/],
  ])('refuses %s', (text, message) => {
    expect(() => parsed(text)).toThrow(message);
  });

  it('refuses a variable that is given twice, and too many variables', () => {
    expect(() => parsed('LR=0.1', 'LR=0.2')).toThrow('The variable LR is given twice. Give all its values at once');
    expect(() => parsed(...Array.from({ length: 21 }, (_, n) => `V${n}=1`))).toThrow('at most 20 variables');
  });
});

describe('the jobs of a series', () => {
  it('are one for each combination, and the last variable changes fastest', () => {
    expect(seriesJobs('sweep', parsed('LR=0.1,0.2', 'DEPTH=3,5'), undefined)).toEqual([
      { job: 'sweep-lr-0-1-depth-3', name: 'LR=0.1, DEPTH=3', values: { LR: '0.1', DEPTH: '3' } },
      { job: 'sweep-lr-0-1-depth-5', name: 'LR=0.1, DEPTH=5', values: { LR: '0.1', DEPTH: '5' } },
      { job: 'sweep-lr-0-2-depth-3', name: 'LR=0.2, DEPTH=3', values: { LR: '0.2', DEPTH: '3' } },
      { job: 'sweep-lr-0-2-depth-5', name: 'LR=0.2, DEPTH=5', values: { LR: '0.2', DEPTH: '5' } },
    ]);
    expect(seriesJobs('s', parsed('LR=0.1'), 'hERG')[0]?.name).toBe('hERG: LR=0.1');
  });

  it('have readable ids of safe characters, which do not depend on the other values', () => {
    expect(ids('s', 'LEARNING_RATE=1e-3,-0.5,0.5,+2')).toEqual([
      's-learning-rate-1e-3',
      's-learning-rate--0-5',
      's-learning-rate-0-5',
      's-learning-rate-2',
    ]);
    expect(ids('s', 'MODE=Fast,größer')).toEqual(['s-mode-fast', 's-mode-gr-er']);
    expect(ids('s', 'LR=0.2,0.1')).toEqual(['s-lr-0-2', 's-lr-0-1']);
  });

  it('have a hash in place of what has no room, or no safe character', () => {
    const [long = '', other = ''] = ids(
      's',
      `PROMPT=${'say it in one word '.repeat(9)}now,${'say it in one word '.repeat(9)}then`,
    );
    expect(long).toMatch(/^s-prompt-say-it-in-one-wo[0-9a-f]{8}$/);
    expect(other).not.toBe(long);
    expect(ids('s', 'SIGN=["<","",">"]').every((id) => /^s-sign-[0-9a-f]{8}$/.test(id))).toBe(true);
    const many = ids('20260131-142530-k7mq2x', 'ALPHA=0.123456', 'BETA=0.123456', 'GAMMA=0.123456,0.123457');
    expect(many.every((id) => id.length === 63 && id.startsWith('20260131-142530-k7mq2x-alpha-0-123456-'))).toBe(true);
    expect(new Set(many).size).toBe(2);
  });

  it('are refused when two would have one id, when there are too many, and when their series has a long name', () => {
    expect(() => ids('s', 'MODE=fast,FAST')).toThrow(
      'MODE=fast and MODE=FAST would both be job s-mode-fast, because an id has only lower-case letters, digits and hyphens.',
    );
    const eleven = Array.from({ length: 11 }, (_, n) => n).join(',');
    expect(() => ids('s', `A=${eleven}`, `B=${eleven}`)).toThrow('--each would make 121 jobs (11 × 11). At most 100');
    expect(() => ids('s'.repeat(55), 'A=1')).toThrow('at most 54 characters');
    expect(ids('s'.repeat(54), 'A=1')[0]).toHaveLength(58);
  });
});
