import { describe, expect, it } from 'vitest';
import { QUIET_MS } from '../../../../core/pool/quiet.js';
import { Stage } from '../stage.js';

/** Runs passes until a queue that is empty all the time counts as quiet, and once more. */
async function passUntilQuiet(stage: Stage): Promise<void> {
  for (let looks = 0; looks < 4; looks++) {
    await stage.pass();
    stage.nowMs += QUIET_MS / 2;
  }
}

describe('lost batches (R5)', () => {
  it('are sent again for a running job, and for no job whose submission is not complete', async () => {
    const stage = new Stage();
    await stage.addJob('whole', 2);
    await stage.addJob('partly', 3, {}, 1);
    await passUntilQuiet(stage);
    expect(new Set(stage.sent.map((body) => (JSON.parse(body) as { job: string }).job))).toEqual(new Set(['whole']));
  });
});
