import { describe, expect, it } from 'vitest';
import { workerLost } from '../../../core/batch/isolation.js';
import { withCommonestError, withLogEnd } from '../../../core/contract/log-end.js';
import { summaryLines } from '../../../runner/display/summary.js';
import type { JobSummary } from '../../../runner/display/views.js';
import { RecordingTerminal } from '../../support/recording-terminal.js';
import { summary } from './sample-events.js';

const shown = (change: Partial<JobSummary>): readonly string[] =>
  summaryLines({ ...summary, ...change }, { colors: new RecordingTerminal().colors });

const NONE_OK = { total: 40, ok: 0, failed: 40 };

describe('the summary', () => {
  it('has a check mark only for a success', () => {
    expect(shown({})[1]).toBe('✓ Job herg is complete after 31 s.');
    expect(shown({ items: NONE_OK, maxFailed: '100%' })[1]).toBe(
      '! Job herg is complete after 31 s, but no item succeeded (--max-failed 100% allows that).',
    );
    expect(shown({ items: NONE_OK })[1]).toBe('✗ Job herg is complete after 31 s, but no item succeeded.');
    expect(shown({ maxFailed: 116 })[1]).toBe(
      '✗ Job herg is complete after 31 s, but more items failed than --max-failed 116 allows.',
    );
    expect(shown({ batches: { total: 114, done: 114, failed: 1 } })[1]).toBe(
      '✗ Job herg is complete after 31 s, but 1 batch was given up.',
    );
    expect(shown({ state: 'failed' })[1]).toBe('✗ Job herg failed after 31 s.');
    expect(shown({ state: 'cancelled' })[1]).toBe('✗ Job herg was cancelled after 31 s.');
  });

  it('says that time, instances and cost are those of this command when an earlier one began the job', () => {
    const lines = shown({ goesOn: true, instances: 2, instanceSeconds: 22, spotDollars: 0.5, onDemandDollars: 1 });
    expect(lines[1]).toBe('✓ Job herg is complete, 31 s after this command began.');
    expect(lines.map((line) => line.trim().replaceAll(/ {2,}/g, ' '))).toEqual(
      expect.arrayContaining([
        'instances 2 since this command began, 22 instance-seconds',
        'cost $0.50 on Spot (On-Demand: $1.00) since this command began',
      ]),
    );
  });

  it('begins with the last output of a model that could not be loaded, and ends with the next command', () => {
    const log = ['node:fs:441', "Error: ENOENT: no such file or directory, open '/opt/weights.bin'"];
    const reason = `3 instances could not load the model, all for the same reason: ${withLogEnd('It ended by itself (exit code 1).', log)}`;
    const lines = shown({ state: 'failed', reason, errors: [], next: 'To read more: spotpool logs herg' });
    expect(lines.slice(1, 8)).toEqual([
      '✗ Job herg failed after 31 s.',
      '',
      '  node:fs:441',
      "  Error: ENOENT: no such file or directory, open '/opt/weights.bin'",
      '',
      '  3 instances could not load the model, all for the same reason: It ended by itself (exit code 1).',
      '',
    ]);
    expect(lines.at(-2)).toBe('  To read more: spotpool logs herg');
  });

  it('begins with the most frequent error of failed items', () => {
    const reason = withCommonestError('Not one item is ok.', "KeyError: 'smiles'");
    expect(shown({ items: NONE_OK, reason }).slice(2, 6)).toEqual([
      '',
      "  KeyError: 'smiles'",
      '',
      '  Not one item is ok.',
    ]);
  });

  it('shows the reason of a failure without output of the model, and no reason for a success', () => {
    expect(shown({ state: 'failed', reason: 'It has used 2.00 instance-hours.' })[2]).toBe(
      '  It has used 2.00 instance-hours.',
    );
    expect(shown({ reason: 'All batches have their outcome.' }).join('\n')).not.toContain('have their outcome');
  });

  it('keeps the error of a failed item whole when the text around it is long', () => {
    const example = `The model's process ended by itself (exit code 1). ${'It had been at work for long. '.repeat(9)}The last line of its log: Error: ENOENT: no such file`;
    expect(shown({ errors: [{ code: 'SlotCrashed', count: 3, example }] }).join('\n')).toContain(
      'Error: ENOENT: no such file',
    );
  });

  it('shows one example for each code, whole, in lines of a narrow terminal', () => {
    const { message } = workerLost(3);
    const lines = shown({ errors: [{ code: 'WorkerLost', count: 2, example: message }] });
    const first = lines.indexOf('    2  WorkerLost') + 1;
    const example = lines.slice(first, lines.indexOf('', first));
    expect(example.map((line) => line.trim()).join(' ')).toBe(message);
    expect(Math.max(...example.map((line) => line.length))).toBeLessThan(80);
  });

  it('shows an upper bound for the items that lost workers had computed', () => {
    const computedTwice = (lostItemsAtMost: number): string | undefined =>
      shown({ lostItemsAtMost }).find((line) => line.includes('computed twice'));
    expect(computedTwice(0)).toMatch(/64 items \(0\.9 %\)$/);
    expect(computedTwice(1_300)).toMatch(
      /64 items \(0\.9 %\), and at most 1,300 more by workers that ended without a report$/,
    );
  });
});
