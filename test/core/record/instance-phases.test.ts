import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SummarySpan } from '../../../core/contract/worker-summary.js';
import { fewerPhases, instancePhases } from '../../../core/record/instance-phases.js';

const short = (phases: ReturnType<typeof instancePhases>): readonly string[] =>
  phases.map(({ phase, fromMs, toMs }) => `${phase} ${fromMs}-${toMs}`);

describe('the phases of an instance', () => {
  it('follow each other: the nearer to the work counts, and the rest is idle', () => {
    const spans: readonly SummarySpan[] = [
      { phase: 'fetch', fromMs: 22, toMs: 40 },
      { phase: 'environment', fromMs: 30, toMs: 50 },
      { phase: 'load', fromMs: 50, toMs: 70 },
      { phase: 'load', fromMs: 60, toMs: 90 },
      { phase: 'work', fromMs: 70, toMs: 120 },
    ];
    const life = { fromMs: 0, toMs: 200, workerAtMs: 20, noticeAtMs: 110, knownUntilMs: 200 };
    expect(short(instancePhases(spans, life))).toEqual([
      'boot 0-20',
      'idle 20-22',
      'fetch 22-30',
      'environment 30-50',
      'load 50-70',
      'work 70-120',
      'drain 120-200',
    ]);
  });

  it('say nothing of the time after the last word of a worker', () => {
    const spans: readonly SummarySpan[] = [{ phase: 'work', fromMs: 10, toMs: 30 }];
    const life = { fromMs: 0, toMs: 200, workerAtMs: 5, knownUntilMs: 35 };
    expect(short(instancePhases(spans, life))).toEqual(['boot 0-5', 'idle 5-10', 'work 10-30', 'idle 30-35']);
  });

  it('neither overlap nor leave the life of the instance, whatever a worker reports', () => {
    const time = fc.integer({ min: -50, max: 300 });
    const phase = fc.constantFrom<SummarySpan['phase'][]>('boot', 'fetch', 'load', 'work');
    const spans = fc.array(fc.record({ phase, fromMs: time, toMs: time }), { maxLength: 40 });
    fc.assert(
      fc.property(spans, time, time, fc.integer({ min: 1, max: 12 }), (all, noticeAtMs, workerAtMs, most) => {
        const life = { fromMs: 10, toMs: 210, workerAtMs, noticeAtMs, knownUntilMs: 200 };
        const phases = instancePhases(all, life);
        for (const kept of [phases, fewerPhases(phases, most)]) {
          kept.forEach(({ fromMs, toMs }, at) => {
            expect(fromMs).toBeLessThan(toMs);
            expect(fromMs).toBeGreaterThanOrEqual(kept[at - 1]?.toMs ?? 10);
            expect(toMs).toBeLessThanOrEqual(210);
          });
        }
        expect(fewerPhases(phases, most).length).toBeLessThanOrEqual(most);
      }),
    );
  });
});
