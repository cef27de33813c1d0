import { expect, it } from 'vitest';
import { readFleetView } from '../../../runner/status/fleet-view.js';
import { never, Stage } from './stage.js';

it('a worker that is silent while EC2 shows its instance running is named once, and again after it was heard', async () => {
  const stage = new Stage();
  await stage.addJob('a', 4);
  stage.counts = { visible: 4, inFlight: 0, delayed: 0 };
  stage.target = 2;
  await stage.arrive();
  const silent = async () => (await stage.pass()).events.filter(({ code }) => code === 'worker-silent');
  stage.store.nowMs = 100_000;
  await stage.say('i-1', {});
  expect(await silent()).toEqual([]);
  stage.store.nowMs = 240_000;
  const [event] = await silent();
  expect(event?.message).toMatch(/^The worker on i-0 hangs or is cut off: no sign of life for 4 minutes/);
  expect(await silent()).toEqual([]);
  const view = await readFleetView(stage.ports, never);
  expect(view.instances.map(({ instance, silentForMs }) => [instance, silentForMs])).toEqual([
    ['i-0', 240_000],
    ['i-1', undefined],
  ]);
  await stage.say('i-0', {});
  expect(await silent()).toEqual([]);
  stage.store.nowMs = 800_000;
  expect((await silent())[0]?.message).toContain('2 workers hang or are cut off (i-0, i-1)');
});
