import { beforeEach, describe, expect, it } from 'vitest';
import { fleetStateKey } from '../../../core/contract/keys.js';
import { Interrupted } from '../../../runner/cli/interrupts.js';
import { FleetMissing } from '../../../runner/errors.js';
import type { DeployedStack, StackStanding } from '../../../runner/ports.js';
import { FakeStack } from '../../support/fake-stack.js';

let stack: FakeStack;
beforeEach(() => {
  stack = new FakeStack();
});

/** CloudFormation, which takes two looks for a deletion. */
class FakeDeployed implements DeployedStack {
  readonly id = 'arn:aws:cloudformation:us-east-1:123456789012:stack/Pool/1';
  standing: StackStanding = { state: 'there', isProtected: false };
  end: StackStanding = { state: 'deleted', isProtected: false };
  instancesAtDelete: number | undefined;
  #looks = 0;

  async describe(): Promise<StackStanding> {
    if (this.standing.state === 'deleting' && ++this.#looks > 2) this.standing = this.end;
    return this.standing;
  }

  async template(): Promise<string> {
    return '{}';
  }

  async delete(): Promise<void> {
    this.instancesAtDelete = stack.instances.filter(({ state }) => state !== 'terminated').length;
    this.standing = { state: 'deleting', isProtected: false };
  }
}

const teardownMark = (): unknown =>
  (JSON.parse(stack.store.text(fleetStateKey) ?? '{}') as { teardown?: unknown }).teardown;

/** A job whose instances stay busy whatever the target is. */
async function jobAtWork(): Promise<void> {
  await stack.plantJob('j', 40);
  stack.target = 3;
  await stack.run('status', 'j');
  stack.staysUp = true;
}

describe('spotpool teardown', () => {
  it('ends a pool at work: target 0, instances ended, and only then the stack', async () => {
    await jobAtWork();
    const deployed = new FakeDeployed();
    stack.broken = { deployed };
    expect(await stack.run('teardown', '--yes')).toBe(0);
    expect(stack.target).toBe(0);
    expect(stack.terminated).toEqual(['i-1', 'i-2', 'i-3']);
    expect(deployed).toMatchObject({ instancesAtDelete: 0, standing: { state: 'deleted' } });
    expect(teardownMark()).toMatchObject({ by: 'tester' });
    for (const told of ['no controller raises', 'torn down by tester', '0 instances', 'stack is deleted', 'a month']) {
      expect(stack.terminal.stdout).toContain(told);
    }
  });

  it('lets idle workers end themselves, and terminates none of them', async () => {
    await stack.plantJob('j', 40);
    stack.target = 3;
    await stack.run('status', 'j');
    expect(await stack.run('teardown', '--yes', '--json')).toBe(0);
    expect(stack.terminated).toEqual([]);
    expect(JSON.parse(stack.terminal.stdout.trimEnd().split('\n').at(-1) ?? '')).toMatchObject({
      stack: 'fake',
      instancesLeft: 0,
      stackDeleted: false,
      retained: { bucket: 'bucket' },
    });
  });

  it('lowers the target again when a controller with an older decision raises it', async () => {
    await jobAtWork();
    let raised = false;
    stack.onTick = () => {
      if (raised || stack.terminated.length === 0) return;
      raised = true;
      stack.target = 2;
    };
    expect(await stack.run('teardown', '--yes')).toBe(0);
    expect(stack.target).toBe(0);
    expect(stack.instances.every(({ state }) => state === 'terminated')).toBe(true);
    expect(stack.terminated.length).toBeGreaterThan(3);
  });

  it('ends instances that a controller started late, while the stack was being deleted', async () => {
    const deployed = new FakeDeployed();
    stack.broken = { deployed };
    stack.staysUp = true;
    stack.onTick = () => {
      if (deployed.standing.state !== 'deleting') return;
      stack.onTick = () => undefined;
      stack.instances = [
        {
          instance: 'i-late',
          state: 'running',
          instanceType: 'c7g.large',
          zone: 'us-east-1a',
          launchedAtMs: 0,
          reclaimed: false,
        },
      ];
    };
    expect(await stack.run('teardown', '--yes')).toBe(0);
    expect(deployed.instancesAtDelete).toBe(0);
    expect(stack.terminated).toEqual(['i-late']);
  });

  it('warns and succeeds when it may not see instances any more after the stack is deleted', async () => {
    const deployed = new FakeDeployed();
    const { instances } = stack.context().connect(stack.config);
    const list = (signal: AbortSignal) =>
      deployed.standing.state === 'deleted' ? Promise.reject(new Error('not authorized')) : instances.list(signal);
    stack.broken = { deployed, instances: { ...instances, list } };
    expect(await stack.run('teardown', '--yes')).toBe(0);
    expect(stack.terminal.stdout).toContain('left an instance behind: not authorized');
  });

  it('lists the jobs and instances, and changes nothing without consent', async () => {
    await jobAtWork();
    stack.broken = { deployed: new FakeDeployed() };
    stack.answer = false;
    expect(await stack.run('teardown')).toBe(1);
    expect(stack.asked).toHaveLength(1);
    for (const told of ['target 3, 3 live instances', 'job j: 0 of 40', 'never computed', 'Nothing was changed']) {
      expect(stack.terminal.stderr).toContain(told);
    }
    expect(teardownMark()).toBeUndefined();
    stack.answer = undefined;
    expect(await stack.run('teardown')).toBe(2);
    expect(stack.terminal.stderr).toContain('--yes');
    stack.answer = true;
    expect(await stack.run('teardown')).toBe(0);
  });

  it('refuses a stack that CloudFormation would not delete, before anything is ended', async () => {
    await jobAtWork();
    const deployed = new FakeDeployed();
    stack.broken = { deployed };
    deployed.standing = { state: 'there', isProtected: true };
    expect(await stack.run('teardown', '--yes')).toBe(1);
    expect(stack.terminal.stderr).toContain('update-termination-protection');
    deployed.standing = { state: 'busy', isProtected: false };
    expect(await stack.run('teardown', '--yes')).toBe(1);
    expect(stack.terminal.stderr).toContain('deploy of the stack is under way');
    expect(stack.target).toBe(3);
  });

  it('reports the state and how to go on when it is interrupted, and continues when it is run again', async () => {
    await jobAtWork();
    stack.broken = { deployed: new FakeDeployed() };
    stack.onTick = () => void stack.interrupt.abort(new Interrupted(130, 'SIGINT'));
    expect(await stack.run('teardown', '--yes')).toBe(130);
    for (const told of ['target is 0', 'may go on running', 'spotpool teardown', '--undo']) {
      expect(stack.terminal.stderr).toContain(told);
    }
  });

  it('names the resources that CloudFormation could not delete; the next run retries without the fleet', async () => {
    const deployed = new FakeDeployed();
    deployed.end = { state: 'stuck', isProtected: false, reason: 'The subnet has dependencies.' };
    stack.broken = { deployed };
    expect(await stack.run('teardown', '--yes')).toBe(1);
    expect(stack.terminal.stderr).toContain('The subnet has dependencies.');
    expect(stack.terminal.stderr).toContain('No instance is left');
    const { fleet } = stack.context().connect(stack.config);
    deployed.end = { state: 'deleted', isProtected: false };
    stack.broken = { deployed, fleet: { ...fleet, describe: () => Promise.reject(new FleetMissing('no fleet')) } };
    expect(await stack.run('teardown', '--yes')).toBe(0);
    expect(deployed.standing.state).toBe('deleted');
  });

  it('checks that a deleted stack left no instance behind, or ends it', async () => {
    await jobAtWork();
    const deployed = new FakeDeployed();
    deployed.standing = { state: 'deleted', isProtected: false };
    stack.broken = { deployed };
    stack.target = 0;
    expect(await stack.run('teardown', '--yes')).toBe(0);
    expect(stack.terminated).toHaveLength(3);
    expect(deployed.instancesAtDelete).toBeUndefined();
  });

  it('makes submit refuse jobs until it is undone', async () => {
    await stack.run('teardown', '--yes');
    expect(await stack.run('submit', 'package.json', '--model', 'true')).toBe(2);
    expect(await stack.run('teardown', '--undo')).toBe(0);
    expect(teardownMark()).toBeUndefined();
  });
});
