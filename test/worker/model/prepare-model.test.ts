import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { create } from 'tar';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ModelSpec } from '../../../core/contract/job.js';
import { modelBundleKey, weightsFileKey, weightsListKey } from '../../../core/contract/keys.js';
import { ObjectMissing } from '../../../core/contract/object-store.js';
import { encodeWeightsList } from '../../../core/contract/weights.js';
import { prepareModel } from '../../../worker/model/prepare-model.js';
import { ModelUnable } from '../../../worker/model/prepared-models.js';
import type { PrepareModelOptions } from '../../../worker/model/step.js';
import { SecretRefused } from '../../../worker/ports.js';
import type { PreparedModel } from '../../../worker/slot/slot.js';
import { systemClock } from '../../../worker/system-clock.js';

let root: string;
let bundle: Buffer;
let spec: ModelSpec;
let fetched: string[];
let log: string[];
let troubles: string[];

beforeEach(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'spotpool-cache-'));
  const source = path.join(root, 'source');
  await mkdir(path.join(source, 'weights'), { recursive: true });
  await writeFile(path.join(source, 'model.mjs'), 'export const predict = (items) => items;\n');
  await writeFile(path.join(source, 'weights', 'net.bin'), 'weights');
  await create({ file: path.join(root, 'bundle.tar.gz'), gzip: true, cwd: source }, ['model.mjs', 'weights']);
  bundle = await readFile(path.join(root, 'bundle.tar.gz'));
  const digest = createHash('sha256').update(bundle).digest('hex');
  spec = { name: 'model.mjs', digest, start: { kind: 'module', entry: 'model.mjs' } };
  fetched = [];
  log = [];
  troubles = [];
});
afterEach(() => rm(root, { recursive: true }));

const work = (): string => path.join(root, 'work');
/** The folders of all models. */
const places = (): Promise<string[]> => readdir(path.join(work(), 'm'));

function optionsOf(changes: Partial<PrepareModelOptions> = {}, bytes = bundle): PrepareModelOptions {
  return {
    store: {
      async *stream(key) {
        fetched.push(key);
        if (key !== modelBundleKey(spec.digest)) throw new ObjectMissing(key);
        for (let start = 0; start < bytes.length; start += 100) yield bytes.subarray(start, start + 100);
      },
    },
    storeOf: () => {
      throw new Error('There is no other bucket here.');
    },
    spec,
    options: { concurrency: 1, itemTimeoutSeconds: 10, env: {} },
    secretReader: { read: () => Promise.reject(new SecretRefused('There are no secrets here.')) },
    directory: work(),
    clock: systemClock,
    onLog: (line) => log.push(line),
    onTrouble: (doing, message) => troubles.push(`${doing}: ${message}`),
    signal: new AbortController().signal,
    ...changes,
  };
}

const prepared = (changes: Partial<PrepareModelOptions> = {}): Promise<PreparedModel> =>
  prepareModel(optionsOf(changes));

async function unable(options: PrepareModelOptions): Promise<ModelUnable> {
  const error: unknown = await prepareModel(options).then(
    () => new Error('It was prepared.'),
    (reason: unknown) => reason,
  );
  if (!(error instanceof ModelUnable)) throw error;
  return error;
}

const withSetup = (setup: string): { spec: ModelSpec } => ({ spec: { ...spec, setup } });

describe('preparing a model', () => {
  it('fetches and unpacks the model once, however many callers ask and however often', async () => {
    const [first, second] = await Promise.all([prepared(), prepared()]);
    expect(await readFile(path.join(first.directory, 'weights', 'net.bin'), 'utf8')).toBe('weights');
    expect(second.directory).toBe(first.directory);
    await prepared();
    expect(fetched).toEqual([modelBundleKey(spec.digest)]);
    expect(await places()).toHaveLength(1);
    expect((await readdir(path.dirname(first.directory))).sort()).toEqual([
      'home',
      'model',
      expect.stringMatching(/^ready-[0-9a-f]{64}$/),
      't',
    ]);
  });

  it('retries through an outage of any length, reports it, and never counts it as unable', async () => {
    let failures = 200;
    const store: PrepareModelOptions['store'] = {
      async *stream(key, options) {
        yield* optionsOf().store.stream(key, options);
        if (failures-- > 0) throw new Error('connect ECONNREFUSED');
      },
    };
    const waited: number[] = [];
    const clock = { nowMs: () => 0, sleep: async (ms: number) => void waited.push(ms) };
    await prepared({ store, clock });
    expect(waited.slice(0, 3)).toEqual([1_000, 2_000, 4_000]);
    expect(Math.max(...waited)).toBeLessThan(60_000);
    expect(waited.reduce((sum, ms) => sum + ms)).toBeGreaterThan(3_600_000);
    expect(troubles).toHaveLength(200);
    expect(troubles[0]).toContain(
      'fetching a model: Could not fetch the model model.mjs (connect ECONNREFUSED); retrying in 1 s',
    );
  });

  it('retries secrets through a throttle, and is unable at once when they are refused', async () => {
    let throttles = 100;
    const read = async (): Promise<string> => {
      if (throttles-- > 0) throw new Error('ThrottlingException: Rate exceeded');
      return 'hunter2';
    };
    const clock = { nowMs: () => 0, sleep: async () => undefined };
    const secrets = { TOKEN: 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:token-AbCdEf' };
    const options = { concurrency: 1, itemTimeoutSeconds: 10, env: {}, secrets } as const;
    expect((await prepared({ options, clock, secretReader: { read } })).secrets).toEqual({ TOKEN: 'hunter2' });
    expect(troubles).toHaveLength(100);
    expect(troubles[0]).toMatch(
      /^reading secrets: Could not read the secret TOKEN \(.*Rate exceeded.*\); retrying in 1 s$/,
    );
    const refusing = { read: () => Promise.reject(new SecretRefused('AccessDeniedException: no')) };
    const never = { nowMs: () => 0, sleep: () => Promise.reject(new Error('It waited.')) };
    const { phase, message } = await unable(optionsOf({ options, clock: never, secretReader: refusing }));
    expect([phase, message]).toEqual(['setup', expect.stringContaining('AccessDeniedException: no')]);
  });

  it('fails at once when the bundle does not exist', async () => {
    const missing = optionsOf({ spec: { ...spec, digest: '0'.repeat(64) } });
    const clock = { nowMs: () => 0, sleep: () => Promise.reject(new Error('It waited.')) };
    expect((await unable({ ...missing, clock })).message).toContain('There is no object');
  });

  it('refuses a bundle whose digest is wrong, and leaves no file of it', async () => {
    const other = await unable(optionsOf({}, bundle.subarray(1)));
    expect(other.phase).toBe('fetch');
    expect(other.message).toMatch(/model\.mjs could not be fetched from models\/.*: its SHA-256 is/);
    expect(await readdir(path.join(work(), 'm', (await places())[0] ?? ''))).toEqual(['home', 't']);
    await prepared();
  });

  it('names the object that is missing', async () => {
    const missing = { ...spec, digest: 'e'.repeat(64) };
    expect((await unable(optionsOf({ spec: missing }))).message).toContain(modelBundleKey(missing.digest));
  });

  it('runs setup once, in the model’s directory, with the job’s environment', async () => {
    const changes = {
      ...withSetup('echo "setting up in $PWD"; echo "$GREETING" >> greeting'),
      options: { concurrency: 1, itemTimeoutSeconds: 10, env: { GREETING: 'hello' } },
    };
    const { directory } = await prepared(changes);
    await prepared(changes);
    expect(await readFile(path.join(directory, 'greeting'), 'utf8')).toBe('hello\n');
    expect(log).toEqual([`setting up in ${directory}`]);
    expect((await prepared()).directory).not.toBe(directory);
  });

  it('gives the job’s secrets to setup, hides them in its log, and is unable without them', async () => {
    const changes = {
      ...withSetup('echo "token $TOKEN"; echo "$TOKEN" > token'),
      options: { concurrency: 1, itemTimeoutSeconds: 10, env: {}, secrets: { TOKEN: 'arn:t' } },
    };
    const before = await unable(optionsOf(changes));
    expect(before.phase).toBe('setup');
    expect(before.message).toContain('The secret TOKEN could not be read from arn:t: There are no secrets here.');
    const { directory, secrets, modelKey } = await prepared({
      ...changes,
      secretReader: { read: async () => 'hunter2' },
    });
    expect(secrets).toEqual({ TOKEN: 'hunter2' });
    expect(modelKey).not.toBe((await prepared(withSetup('echo "token $TOKEN"; echo "$TOKEN" > token'))).modelKey);
    expect(await readFile(path.join(directory, 'token'), 'utf8')).toBe('hunter2\n');
    expect(log).toEqual(['token [secret TOKEN]']);
  });

  it('reports the end of the output when setup fails, and starts over when asked again', async () => {
    const failing = withSetup('for i in $(seq 30); do echo "step $i"; done; touch half; test -e ../../../allowed');
    const failure = await unable(optionsOf(failing));
    expect(failure.phase).toBe('setup');
    expect(failure.message).toMatch(/failed \(exit code 1\).*\n/);
    expect(failure.message).toContain('step 30');
    expect(failure.message.split('\n').filter((line) => line.startsWith('step'))).toHaveLength(20);
    await writeFile(path.join(work(), 'allowed'), '');
    await prepared(failing);
    expect(fetched).toHaveLength(2);
  });

  it('ends a setup that takes too long', async () => {
    const failure = await unable(optionsOf({ ...withSetup('echo waiting; sleep 1000'), setupTimeoutMs: 300 }));
    expect(failure.message).toContain('not done within 0.3 s');
    expect(failure.message).toContain('waiting');
  });

  it('rejects with the reason when it is aborted, and starts over when asked again', async () => {
    const abort = new AbortController();
    const preparing = prepared({
      ...withSetup('echo waiting; test -e ../../../allowed || sleep 1000'),
      signal: abort.signal,
      onLog: () => {
        abort.abort(new Error('drained'));
      },
    });
    await expect(preparing).rejects.toThrow('drained');
    await writeFile(path.join(work(), 'allowed'), '');
    await prepared(withSetup('echo waiting; test -e ../../../allowed || sleep 1000'));
  });

  it('gives the same key to models that can share a loaded slot', async () => {
    const { modelKey } = await prepared();
    const env = (variables: Record<string, string>): Partial<PrepareModelOptions> => ({
      options: { concurrency: 3, itemTimeoutSeconds: 1, env: variables },
    });
    expect((await prepared(env({}))).modelKey).toBe(modelKey);
    expect((await prepared(env({ A: '1' }))).modelKey).not.toBe(modelKey);
    expect((await prepared(env({ A: '1', B: '2' }))).modelKey).toBe((await prepared(env({ B: '2', A: '1' }))).modelKey);
    const options = { concurrency: 3, itemTimeoutSeconds: 1, loadTimeoutSeconds: 9, env: {} };
    expect((await prepared({ options })).modelKey).toBe(modelKey);
    expect((await prepared({ options: { ...options, nan: 'null' } })).modelKey).not.toBe(modelKey);
    const other = { ...spec, start: { kind: 'command', argv: ['cat'] } } as const;
    expect((await prepared({ spec: other })).modelKey).not.toBe(modelKey);
  });

  it('fetches weights once for all models that have them, and says where they are', async () => {
    const body = Buffer.from('weights of a net');
    const digestOf = (bytes: Uint8Array | string): string => createHash('sha256').update(bytes).digest('hex');
    const list = encodeWeightsList({
      version: 1,
      files: [{ path: 'net.bin', bytes: body.length, sha256: digestOf(body) }],
    });
    const weights = { name: './net.bin', digest: digestOf(list), files: 1, bytes: body.length };
    const objects = new Map<string, Buffer>([
      [weightsListKey(weights.digest), Buffer.from(list)],
      [weightsFileKey(digestOf(body)), body],
    ]);
    const store: PrepareModelOptions['store'] = {
      async *stream(key, options) {
        const found = objects.get(key);
        if (found === undefined) {
          yield* optionsOf().store.stream(key, options);
          return;
        }
        fetched.push(key);
        yield found;
      },
    };
    const first = await prepared({ store, spec: { ...spec, weights, setup: 'cat "$SPOTPOOL_WEIGHTS/net.bin"' } });
    const second = await prepared({ store, spec: { ...spec, weights } });
    expect(log).toEqual(['weights of a net']);
    expect(second.weights).toBe(first.weights);
    expect(second.variables?.['SPOTPOOL_WEIGHTS']).toBe(first.weights);
    expect(fetched.filter((key) => key.endsWith('/weights'))).toHaveLength(1);
    const without = await prepared();
    expect(without.modelKey).not.toBe(second.modelKey);
    expect(without.variables).not.toHaveProperty('SPOTPOOL_WEIGHTS');

    const gone = await unable(optionsOf({ store, spec: { ...spec, weights: { ...weights, digest: '0'.repeat(64) } } }));
    expect([gone.phase, gone.message]).toEqual([
      'weights',
      `The weights ./net.bin cannot be used. There is no object models/${'0'.repeat(64)}/weights.json.`,
    ]);
  });
});
