import { describe, expect, it } from 'vitest';
import { DEFAULT_JOB_OPTIONS } from '../../../core/contract/job-options.js';
import { width } from '../../../runner/display/format.js';
import { recordLines } from '../../../runner/display/record.js';
import { FakeStack } from '../../support/fake-stack.js';
import { RecordingTerminal } from '../../support/recording-terminal.js';
import { sampleRecord } from './sample-record.js';

const lines = (change: object = {}, columns = 80): readonly string[] =>
  recordLines({ ...sampleRecord, ...change }, { colors: new RecordingTerminal().colors, columns });

describe('the record of a job, for people', () => {
  it('fits into 80 columns, in blocks of aligned rows', () => {
    const shown = lines();
    expect(shown.filter((line) => width(line) > 80)).toEqual([]);
    // The times of day are local.
    const anywhere = shown.map((line) => line.replace(/\d\d:\d\d:\d\d/, 'hh:mm:ss'));
    expect(anywhere).toMatchInlineSnapshot(`
      [
        "",
        " ✓ Job herg (hERG of the whole library) is complete.",
        "   Every batch has its outcome: 1199980 items ok, 20 failed.",
        "",
        " work",
        "   dataset         molecules.csv: 1,200,000 items, 3 unreadable, 93.0 MB, sha256",
        "                   dddddddddddd",
        "   model           ./model.py:Scorer (python), sha256 mmmmmmmmmmmm",
        "   commit          0123456789ab, with changes that are not committed",
        "   options         --slots cpus, --env TOKEN, --max-failed 1%",
        "   submitted       2026-01-01 hh:mm:ss by ada, spotpool 0.5.0",
        "",
        " course",
        "   time            31 m 00 s from submit to end",
        "   first result    after 2 m 00 s",
        "   ended           2026-01-01 hh:mm:ss",
        "   reruns          herg-again",
        "",
        " outcomes",
        "   items           1,199,980 ok, 20 failed",
        "   batches         4,800 of 4,800 done",
        "",
        " pace",
        "   pace            690 items/s since the first result",
        "   an item         median 11 ms, 90 % within 16 ms, longest 4.1 s",
        "   a batch         median 2.9 s, 90 % within 4.1 s, longest 1 m 01 s",
        "   boot            median 900 ms, 90 % within 1.2 s, longest 1.3 s",
        "   environment     median 12.0 s, 90 % within 14.0 s, longest 15.0 s, 140 MB",
        "   load            median 3.4 s, 90 % within 3.6 s, longest 3.7 s",
        "   slots           8 slots: one for each CPU (on 12 workers)",
        "",
        " pool",
        "   instances       12: 9 × c7g.2xlarge in us-east-1a, 3 × m7g.2xlarge in",
        "                   us-east-1a",
        "   ended           11 × the fleet shrank, 1 × reclaimed by AWS",
        "   notices         1",
        "   reclaims        1 (1 with notice, 0 without)",
        "   handed back     9 batches",
        "",
        " waste",
        "   computed twice  250 items",
        "   not computing   23 m 20 s of 6 h 12 m of instance time",
        "",
        " cost",
        "   instance time   6 h 12 m",
        "   on Spot         $0.64",
        "   on demand       $1.80 (Spot saved 64 %)",
        "   c7g.2xlarge     9 instances, 4 h 39 m, $0.48",
        "   m7g.2xlarge     3 instances, 1 h 33 m, $0.16",
        "",
        "  Why items failed, with one example per error code:",
        "    17  BadSmiles    Cannot parse the SMILES C1CC",
        "     3  ItemTimeout  The item took longer than 300 s.",
        "",
      ]
    `);
  });

  it('says what it lacks', () => {
    const gaps = ['There is no Spot price of c7g.large us-east-1a.'];
    expect(lines({ gaps }).slice(-4)).toEqual([
      '',
      ' what this record lacks',
      '   - There is no Spot price of c7g.large us-east-1a.',
      '',
    ]);
  });

  it('does not call options the defaults when the user chose the size of batches', () => {
    const options = (kind: 'fixed' | 'guided'): string | undefined => {
      const batchSizes = { kind, largestItems: 20, smallestItems: 5 };
      const what = { ...sampleRecord.what, options: DEFAULT_JOB_OPTIONS, batchSizes };
      return lines({ what }).find((line) => line.startsWith('   options '));
    };
    expect(options('fixed')).toBe('   options         batches of at most 20 items');
    expect(options('guided')).toBe('   options         the defaults');
  });

  it('leaves out what nobody measured', () => {
    const { pool, pace, cost } = sampleRecord;
    const text = lines({
      pool: { ...pool, instances: [] },
      pace: { done: [], phases: [], shapes: [] },
      cost: { ...cost, byType: [] },
    }).join('\n');
    expect(pace.item).toBeDefined();
    expect(text).not.toMatch(/ pool\n| cost\n|an item|reclaims/);
  });

  it('makes text of others harmless', () => {
    const what = { ...sampleRecord.what, createdBy: 'eve\u001b[2J' };
    expect(lines({ what, name: 'a\nb\u001b]0;x\u0007' }).join('')).not.toMatch(/\u001b\[2J|\u0007/);
  });
});

describe('spotpool show', () => {
  it('prints the record of a job, whole with --json', async () => {
    const stack = new FakeStack();
    await stack.plantJob('a', 2);
    await stack.commit('a', 0, 1);
    expect(await stack.run('show', 'a', '--json')).toBe(0);
    const record: unknown = JSON.parse(stack.terminal.stdout);
    expect(record).toMatchObject({ job: 'a', outcomes: { items: { total: 4, ok: 1, failed: 1 } } });
    stack.terminal = new RecordingTerminal();
    expect(await stack.run('show', 'a')).toBe(0);
    expect(stack.terminal.stdout).toContain('1 ok, 1 failed, 2 without an outcome');
  });

  it('says that there is no such job', async () => {
    const stack = new FakeStack();
    expect(await stack.run('show', 'nobody')).toBe(2);
    expect(stack.terminal.stderr).toContain('There is no job nobody in this stack.');
  });
});
