/** Notifications of real jobs on the local cloud: of the deployed bundle of the controller function, and of the command line. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { modelPath } from '../e2e/models.js';
import { Front } from '../e2e/permissions/other-services.js';
import { invokeController, type Invoked } from '../support/controller-function.js';
import { eventually } from '../support/eventually.js';
import { Lab } from '../support/lab.js';
import { notificationFaults } from '../support/notification-schema.js';
import { Receiver, SECRET_PATH } from '../support/receiver.js';

const MINUTE = { source: 'spotpool.schedule' };
const ARN = 'arn:aws:secretsmanager:us-east-1:000000000000:secret:address-GhIjKl';
const KEY = `whsec_${Buffer.alloc(24, 7).toString('base64')}`;

describe('the end of a job', () => {
  let lab: Lab;
  let receiver: Receiver;
  let front: Front;
  beforeEach(async () => {
    lab = await Lab.start({ maxWorkers: 2 });
    receiver = await Receiver.start();
    const secret = JSON.stringify({ url: receiver.url, key: KEY });
    front = await Front.start(lab.stack.endpoint ?? '', { [ARN]: secret });
  });
  afterEach(async () => {
    await lab.close();
    await front.close();
    await receiver.close();
  });

  /** The job has five items, the last of which fails. */
  async function submit(): Promise<string> {
    const dataset = await lab.file('items.jsonl', '1\n2\n3\n4\n"five"\n');
    return lab.submit([dataset, '--model', modelPath('double'), '--batch-size', '1', '--name', 'night run']);
  }

  it('is posted once by the controller function, to the address in the secret', async () => {
    const stack = { ...lab.stack, endpoint: front.endpoint, notifySecretArn: ARN };
    // A receiver that is down makes the first try leave the post to a later invocation.
    receiver.script.push(503);
    const job = await submit();
    const begun = await invokeController(stack, [MINUTE]);
    await eventually(async () => (await lab.status(job)).batches.done === 5, { what: 'all outcomes' });
    const ended = await invokeController(stack, [MINUTE]);
    const codes = (all: readonly Invoked[]): readonly unknown[] =>
      all.flatMap(({ log }) => log.map(({ code }) => code));
    expect(codes([begun, ended]).filter((code) => code === 'end-not-posted')).toHaveLength(1);
    // The time of the next try has come.
    const claim = { at: '2026-01-01T00:00:00.000Z', told: true, end: 1, post: { tries: 1 } };
    const { signal } = new AbortController();
    await lab.store.put(`jobs/${job}/notified.json`, JSON.stringify(claim), { signal });
    const others = await Promise.all([invokeController(stack, [MINUTE, MINUTE]), invokeController(stack, [MINUTE])]);
    expect(codes(others).filter((code) => code === 'end-posted')).toHaveLength(1);
    expect(receiver.received).toHaveLength(2);
    const [, body] = receiver.bodies;
    expect(notificationFaults(body)).toEqual([]);
    expect(body).toMatchObject({
      job,
      name: 'night run',
      stack: lab.stack.name,
      items: { total: 5, ok: 4, failed: 1 },
      errors: [{ count: 1 }],
      cost: { spotDollars: expect.any(Number) as number },
    });
    const headers = receiver.received[1]?.headers;
    expect(headers?.['webhook-id']).toBe(body?.['id']);
    expect(headers?.['webhook-signature']).toMatch(/^v1,/);
    for (const { log } of [begun, ended, ...others]) expect(JSON.stringify(log)).not.toContain(SECRET_PATH);
  });

  it('is posted by the command that follows it, and is not a word of the address anywhere', async () => {
    const job = await submit();
    const watched = lab.startCli(['watch', job, '--json', '--notify', receiver.url]);
    const { code, stdout, stderr } = await watched.exited;
    expect(code).toBe(0);
    expect(receiver.bodies).toMatchObject([{ job, success: true, items: { total: 5, ok: 4, failed: 1 } }]);
    expect(notificationFaults(receiver.bodies[0])).toEqual([]);
    const again = await lab.cli(['watch', job, '--notify', receiver.url]);
    expect(again.stdout).toContain('had ended before this command began');
    expect(receiver.received).toHaveLength(1);
    expect(stdout + stderr + again.stdout + again.stderr).not.toContain(SECRET_PATH);
    const { signal } = new AbortController();
    for await (const { key } of lab.store.list('', { signal })) {
      const { body } = (await lab.store.get(key, { signal })) ?? {};
      expect(body === undefined || !Buffer.from(body).includes(SECRET_PATH)).toBe(true);
    }
  });
});
