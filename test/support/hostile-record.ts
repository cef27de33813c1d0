/** The record of a job in which every text is somebody's, and none of them is kind. */
import type { JobRecord } from '../../core/record/job-record.js';
import { failedRecord } from './job-records.js';

export const HOSTILE =
  '</script><script>window.stolen = 1</script><img src=x onerror="window.stolen = 2">\u2028\u2029"\'&amp;';
/** Texts that are written from the right, and a mark that would turn everything behind it around. */
export const FROM_THE_RIGHT = '\u202eevil \u05e9\u05dc\u05d5\u05dd \u0645\u0631\u062d\u0628\u0627';

export function hostileRecord(): JobRecord {
  const record = failedRecord();
  const long = `${HOSTILE} ${'W'.repeat(3_000)} ${FROM_THE_RIGHT}`;
  return {
    ...record,
    name: `${HOSTILE}${'n'.repeat(200)}`,
    what: {
      ...record.what,
      dataset: {
        ...record.what.dataset,
        name: long,
        identity: { idField: HOSTILE, keep: [HOSTILE, 'x'.repeat(500)], digest: 'd' },
      },
      model: { ...record.what.model, name: long, setup: HOSTILE, git: { commit: 'e'.repeat(40), clean: false } },
      options: {
        ...record.what.options,
        env: { [HOSTILE]: '(hidden)' },
        secrets: { TOKEN: '(hidden)' },
      },
      createdBy: FROM_THE_RIGHT,
    },
    how: { ...record.how, reason: long, reruns: Array.from({ length: 50 }, (_, n) => `rerun-${n}`) },
    outcomes: {
      ...record.outcomes,
      errors: [
        { code: HOSTILE, count: 40, example: { index: 1, message: long } },
        { code: 'X'.repeat(300), count: 1, example: { index: 2, message: FROM_THE_RIGHT } },
      ],
    },
    pace: { ...record.pace, shapes: record.pace.shapes.map((shape) => ({ ...shape, reason: long })) },
    pool: {
      ...record.pool,
      instances: record.pool.instances.map((instance) => ({
        ...instance,
        instanceType: HOSTILE,
        zone: 'z'.repeat(300),
      })),
    },
    cost: {
      ...record.cost,
      byType: [
        { instanceType: HOSTILE, instances: 8, seconds: 100 },
        { instanceType: 't'.repeat(300), instances: 1, seconds: 1 },
      ],
      sharedWith: [HOSTILE],
    },
    gaps: [long],
  };
}
