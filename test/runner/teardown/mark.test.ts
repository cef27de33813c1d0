import { describe, expect, it } from 'vitest';
import type { FleetState } from '../../../core/contract/fleet-state.js';
import { fleetStateKey } from '../../../core/contract/keys.js';
import { writeTeardownMark } from '../../../runner/teardown/mark.js';
import { never, Stage } from '../controller/stage.js';

const at = '2026-01-01T00:00:00.000Z';
const mark = { by: 'ann', at };
const where = { at, signal: never };

describe('the mark of a teardown', () => {
  it('makes every controller decide target 0, and stays in every state that they publish', async () => {
    const stage = new Stage();
    await stage.addJob('j', 8);
    await stage.pass();
    expect(stage.target).toBe(8);
    await stage.arrive();
    await writeTeardownMark(stage.store, mark, where);
    const { events } = await stage.pass({ memory: undefined! });
    expect(stage.target).toBe(0);
    expect(events.map(({ code }) => code)).toContain('torn-down');
    expect(events.find(({ code }) => code === 'target-lowered')?.message).toContain('torn down by ann');
    expect(stage.json(fleetStateKey)).toMatchObject({ target: 0, grants: 8, teardown: mark });
    await stage.addJob('another', 3);
    await stage.pass();
    expect(stage.target).toBe(0);
  });

  it('closes the generation of exits, as before any change of the target', async () => {
    const stage = new Stage();
    const before: FleetState = { version: 1, generation: 7, target: 1, grants: 2, jobs: ['j'], at };
    await stage.write(fleetStateKey, JSON.stringify(before));
    await writeTeardownMark(stage.store, mark, where);
    expect(stage.json(fleetStateKey)).toMatchObject({ generation: 8, target: 1, grants: 0, jobs: ['j'] });
  });

  it('keeps the first writer, and loses no race', async () => {
    const stage = new Stage();
    await stage.addJob('j', 2);
    await stage.pass();
    const marks = await Promise.all(['ann', 'bob'].map((by) => writeTeardownMark(stage.store, { by, at }, where)));
    expect(marks[0]).toEqual(marks[1]);
  });

  it('is taken away by an undo: the fleet is raised again', async () => {
    const stage = new Stage();
    await stage.addJob('j', 3);
    await writeTeardownMark(stage.store, mark, where);
    await stage.pass();
    expect(stage.targetsSet).toEqual([]);
    await writeTeardownMark(stage.store, undefined, where);
    await stage.pass();
    expect(stage.target).toBe(3);
  });

  it('leaves no dead-man’s switch standing on a fleet that is parked with work left', async () => {
    const stage = new Stage();
    await stage.addJob('j', 3);
    await stage.pass();
    await writeTeardownMark(stage.store, mark, where);
    await stage.pass();
    await stage.pass();
    expect(stage.switchStands).toBe(false);
  });
});
