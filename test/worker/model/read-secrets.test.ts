import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SecretRefused } from '../../../worker/ports.js';
import { systemClock } from '../../../worker/system-clock.js';
import { readSecrets } from '../../../worker/model/read-secrets.js';
import { hiderOf } from '../../../worker/process/hide-secrets.js';
import { type BuiltHost, buildHost, computeWith, itemsOf, modelOf, slotOf } from '../slot/support.js';

const { signal } = new AbortController();
const options = { clock: systemClock, signal, firstPauseMs: 1, lastPauseMs: 1, onTrouble: () => undefined };
const arn = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:token-AbCdEf';

describe('a job’s secrets', () => {
  it('are read by their ARNs, and named as the model expects', async () => {
    const reader = { read: async (asked: string) => `value of ${asked}` };
    expect(await readSecrets({ TOKEN: arn }, reader, options)).toEqual({ TOKEN: `value of ${arn}` });
  });

  it('are named in the error, with advice, when they cannot be read', async () => {
    const reader = { read: () => Promise.reject(new SecretRefused('AccessDeniedException')) };
    const reading = readSecrets({ TOKEN: arn }, reader, options);
    for (const said of ['TOKEN', arn, 'AccessDeniedException', 'secretArns']) {
      await expect(reading).rejects.toThrow(said);
    }
  });

  it('are taken out of texts whole, line by line, and as JSON, the longest first', () => {
    const hide = hiderOf({ A: 'hunter2', B: 'hunter2-long', KEY: '-----BEGIN\nline"two\n', SHORT: 'abc' });
    expect(hide('x hunter2 y hunter2-long abc')).toBe('x [secret A] y [secret B] abc');
    expect(hide('line"two and line\\"two')).toBe('[secret KEY] and [secret KEY]');
    expect(hide(JSON.stringify({ key: '-----BEGIN\nline"two\n' }))).toBe('{"key":"[secret KEY]"}');
  });
});

describe('a model with secrets', () => {
  let host: BuiltHost;
  beforeAll(async () => {
    host = await buildHost();
  });
  afterAll(() => host.remove());

  it('has them in its environment, and they are hidden in its logs and errors', async () => {
    const slot = slotOf(host);
    try {
      const model = { ...modelOf('indiscreet.mjs'), secrets: { TOKEN: 'hunter2' } };
      const { results, log, events } = await computeWith(slot, model, itemsOf(['good', 'tell', 'good']));
      expect(results.map((line) => line?.ok)).toEqual([true, false, true]);
      expect(results[0]).toMatchObject({ output: 'hunter2' });
      expect(results[1]).toMatchObject({ error: { message: 'no access with [secret TOKEN]' } });
      expect(log).toContain('loaded with [secret TOKEN]');
      expect(JSON.stringify(events)).not.toContain('hunter2');
    } finally {
      await slot.close();
    }
  });
});
