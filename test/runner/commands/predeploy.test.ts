import { beforeEach, describe, expect, it } from 'vitest';
import type { DeployedStack } from '../../../runner/ports.js';
import { FakeStack } from '../../support/fake-stack.js';
import { tempDirectory } from '../model/files.js';

const template = (type: string): string =>
  JSON.stringify({ Resources: { Fleet: { Type: 'AWS::EC2::EC2Fleet', Properties: { Type: type } } } });
const deployed: DeployedStack = {
  id: 'arn:aws:cloudformation:eu-west-1:123456789012:stack/Pool/1',
  describe: async () => ({ state: 'there', isProtected: false }),
  template: async () => template('maintain'),
  delete: () => Promise.reject(new Error('Nothing is deleted here.')),
};

let stack: FakeStack;
beforeEach(() => {
  stack = new FakeStack();
  stack.broken = { deployed };
});

const synthesised = async (type: string): Promise<void> => {
  stack.cwd = await tempDirectory({ 'cdk.out/Pool.template.json': template(type) });
};

describe('spotpool predeploy', () => {
  it('accepts a deploy that leaves the fleet alone, whatever runs', async () => {
    await synthesised('maintain');
    await stack.plantJob('j', 4);
    expect(await stack.run('predeploy')).toBe(0);
    expect(stack.terminal.stdout).toContain('leaves the fleet alone');
  });

  it('refuses a deploy that would replace a fleet at work, and says why and what to do', async () => {
    await synthesised('request');
    await stack.plantJob('j', 4);
    stack.target = 2;
    expect(await stack.run('predeploy')).toBe(1);
    for (const said of ['2 instances, job j', 'property Type', 'Wait until nothing runs']) {
      expect(stack.terminal.stderr).toContain(said);
    }
  });

  it('accepts a replacement when the fleet is parked and no job waits', async () => {
    await synthesised('request');
    expect(await stack.run('predeploy', '--json')).toBe(0);
    expect(JSON.parse(stack.terminal.stdout)).toMatchObject({
      ok: true,
      atWork: [],
      replacesFleet: [expect.anything()],
    });
  });

  it('names the template or the output that is missing', async () => {
    stack.cwd = await tempDirectory();
    expect(await stack.run('predeploy')).toBe(2);
    expect(stack.terminal.stderr).toContain('cdk synth');
    stack.broken = {};
    expect(await stack.run('predeploy')).toBe(2);
    expect(stack.terminal.stderr).toContain('StackId');
  });
});
