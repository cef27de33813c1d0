/** Tests of every codec: a written value is read back; any other text gives undefined or a whole value, and nothing is thrown (R13). */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeBatchMessage, encodeBatchMessage, messageNeeds } from '../../../core/contract/batch-message.js';
import { decodeEnds } from '../../../core/contract/ends.js';
import { decodeWorkerEvent } from '../../../core/contract/events.js';
import { decodeExitTicket, decodeFleetState, decodeWorkerStatus } from '../../../core/contract/fleet-state.js';
import { decodeCancelMark, decodeDoneMark, decodeManifest, decodeUnableMark } from '../../../core/contract/job.js';
import { decodeInputLine, decodeObjectReference } from '../../../core/contract/input-line.js';
import { decodeNoticeClaim } from '../../../core/contract/notice-claim.js';
import { decodePlanLine, decodeSent, encodePlanLine, encodeSent } from '../../../core/dataset/plan.js';
import { decodeProgress, encodeProgress } from '../../../core/pool/progress.js';
import {
  decodeItemError,
  decodeOutcomeMetadata,
  decodeResultLine,
  encodeOutcomeMetadata,
} from '../../../core/contract/result-line.js';
import { decodeEnvironment } from '../../../core/contract/python-environment.js';
import { decodeWeightsList } from '../../../core/contract/weights.js';
import { decodeWorkerPointer } from '../../../core/contract/worker-pointer.js';
import { manifestOf } from '../../support/manifest.js';
import { NONSENSE, withWrongFields } from '../../support/nonsense.js';

const at = '2026-01-01T00:00:00.000Z';
const location = {
  batch: 3,
  key: 'jobs/j/input/part-00000.jsonl',
  startByte: 10,
  endByte: 20,
  firstIndex: 6,
  items: 2,
};
const shape = { job: 'j', slots: 2, concurrency: 1, settled: true, reason: 'measured', hint: 'fewer' };
const status = {
  instance: 'i-1',
  phase: 'busy',
  slots: 2,
  shape,
  notice: 'rebalance',
  held: [{ job: 'j', batches: '3,7-9', longestMs: 120_000 }],
  instanceType: 'c7g.large',
  zone: 'a',
  startedAt: at,
  at,
};
const progress = {
  folded: [{ first: 0, last: 4 }],
  batches: { done: 5, failed: 1 },
  items: { ok: 9, failed: 1 },
  usage: { instanceSeconds: 1.5, countedAt: at },
};
const counts = { batches: progress.batches, items: progress.items };
const event = { at, instance: 'i-1', message: 'one\ntwo', job: 'j', batch: 3, lease: 'i-1-ab' };

const sha256 = 'a'.repeat(64);
const wheel = { name: 'numpy', version: '2.3.1', file: 'numpy-2.3.1-cp313-cp313-any.whl', sha256, bytes: 5 };
const python = { python: '3.13', platform: 'x86_64-manylinux_2_34', source: 'index' };
const environment = {
  ...{ version: 1, ...python, installer: { ...wheel, name: 'uv' } },
  ...{ wheels: [{ ...wheel, url: 'https://i/numpy.whl' }], indexes: ['https://i/simple'] },
};
const model = {
  ...{
    name: 'model.py',
    digest: sha256,
    contents: sha256,
    start: { kind: 'python', entry: 'model.py', name: 'Model' },
  },
  ...{ python: { ...python, packages: 1, bytes: 5 }, weights: { name: 'w/', digest: sha256, files: 1, bytes: 5 } },
};
const weightsFile = { path: 'a/b.bin', bytes: 5 };

/** A whole value of each type, with its decoder. */
const CODECS: Readonly<Record<string, readonly [object, (json: string) => unknown]>> = {
  manifest: [manifestOf('j'), (json) => decodeManifest(json, 'j')],
  'manifest of a Python model with weights': [manifestOf('j', { model } as never), (json) => decodeManifest(json, 'j')],
  'Python environment': [environment, decodeEnvironment],
  'list of uploaded weights': [{ version: 1, files: [{ ...weightsFile, sha256 }] }, decodeWeightsList],
  'list of weights of a bucket': [
    { version: 1, files: [{ ...weightsFile, bucket: 'b', key: 'k', etag: '"e"' }] },
    decodeWeightsList,
  ],
  'mark of an end': [{ state: 'failed', reason: 'one\ntwo', at }, decodeDoneMark],
  'list of ends': [
    {
      version: 1,
      entries: [
        { kind: 'end', number: 1, state: 'failed', reason: 'one\ntwo', at },
        { kind: 'resume', number: 2, at, by: 'me', options: { maxFailed: '5%', maxWorkers: 3 }, before: counts },
        { kind: 'end', number: 3, state: 'cancelled', reason: 'no', at, by: 'me' },
      ],
    },
    decodeEnds,
  ],
  'mark of a cancel': [{ by: 'me', at }, (json) => decodeCancelMark(json, 0)],
  'mark of an unable instance': [
    { instance: 'i-1', phase: 'load', message: 'one\ntwo', at },
    (json) => decodeUnableMark(json, 'i-1'),
  ],
  'fleet state': [
    { version: 1, generation: 1, target: 2, grants: 3, jobs: ['j'], teardown: { by: 'me', at }, at },
    decodeFleetState,
  ],
  'exit ticket': [{ instance: 'i-1', at, void: true }, decodeExitTicket],
  status: [status, (json) => decodeWorkerStatus(json, 'i-1')],
  'event of a batch': [
    { ...event, code: 'batch-committed', ok: 1, failed: 0, resumed: 0, computeMs: 1.5, heldMs: 2 },
    (json) => decodeWorkerEvent(json, 'i-1'),
  ],
  'event of a hand-back': [
    { ...event, code: 'batch-handed-back', reason: 'draining', savedItems: 1 },
    (json) => decodeWorkerEvent(json, 'i-1'),
  ],
  'claim of a notice': [
    { at, told: true, end: 3, post: { tries: 2, notBefore: at, over: 'given-up' } },
    decodeNoticeClaim,
  ],
  'line of the plan': [location, decodePlanLine],
  reference: [{ bucket: 'b', key: 'k', size: 1 }, decodeObjectReference],
  'error of an item': [{ code: 'Bad', message: 'no' }, decodeItemError],
  'failed line': [{ index: 1, ok: false, error: { code: 'Bad', message: 'no' } }, decodeResultLine],
  'good line': [{ index: 1, ok: true, output: { a: [1] } }, decodeResultLine],
  pointer: [{ version: '1.0.0', sha256: 'a'.repeat(64) }, decodeWorkerPointer],
};

describe.each(Object.entries(CODECS))('the codec of a %s', (_name, [whole, decode]) => {
  it('reads a value as it was written', () => {
    expect(decode(JSON.stringify(whole))).toEqual(whole);
  });

  it('leaves out unknown fields', () => {
    expect(decode(JSON.stringify({ ...whole, unknown: { a: 1 }, ['__proto__x']: 1 }))).toEqual(whole);
    expect(decode(JSON.stringify(whole).replace('{', '{"__proto__":{"evil":1},'))).toEqual(whole);
  });

  it('accepts no other value, and never throws', () => {
    const almost = withWrongFields(whole).map((wrong) => JSON.stringify(wrong));
    const nonsense = [...NONSENSE.values()].map((body) =>
      typeof body === 'string' ? body : Buffer.from(body).toString('latin1'),
    );
    for (const json of [...almost, ...nonsense]) {
      const read = decode(json);
      // A decoded value can be decoded again, so it is whole.
      if (read !== undefined) expect(decode(JSON.stringify(read))).toEqual(read);
    }
  });

  it('accepts no random value', () => {
    fc.assert(
      fc.property(fc.json(), fc.constantFrom(...Object.keys(whole)), (json, field) => {
        for (const text of [json, JSON.stringify({ ...whole, [field]: JSON.parse(json) as unknown })]) {
          const read = decode(text);
          if (read !== undefined) expect(decode(JSON.stringify(read))).toEqual(read);
        }
      }),
      { numRuns: 50 },
    );
  });
});

describe('a Python environment', () => {
  it('names no wheel whose file leads elsewhere', () => {
    for (const wrong of withWrongFields(wheel)) {
      if ('url' in wrong) continue;
      expect(decodeEnvironment(JSON.stringify({ ...environment, wheels: [wrong] })), JSON.stringify(wrong)).toSatisfy(
        (read: ReturnType<typeof decodeEnvironment>) => read === undefined || !/[/\0]/.test(read.wheels[0]?.file ?? ''),
      );
    }
    for (const file of ['../a.whl', 'a/b.whl', '/a.whl', 'a\\b.whl', '.whl/..', 'a.whl\n', 'a.tar.gz'])
      expect(decodeEnvironment(JSON.stringify({ ...environment, wheels: [{ ...wheel, file }] }))).toBeUndefined();
  });
});

describe('a list of weights', () => {
  it('names no file outside of its folder', () => {
    for (const path of ['', '.', '..', '/a', 'a/', 'a//b', 'a/../b', '../a', './a', 'a/.', 'a\0b'])
      expect(
        decodeWeightsList(JSON.stringify({ version: 1, files: [{ path, bytes: 1, sha256 }] })),
        path,
      ).toBeUndefined();
    for (const path of ['a', 'a/b', '..a', 'a..', '...', 'a/.b/..c'])
      expect(
        decodeWeightsList(JSON.stringify({ version: 1, files: [{ path, bytes: 1, sha256 }] })),
        path,
      ).toBeDefined();
  });
});

describe('a manifest', () => {
  it('of another job is refused', () => {
    expect(decodeManifest(JSON.stringify(manifestOf('other')), 'j')).toBeUndefined();
  });
});

describe('an event', () => {
  it('with an unknown code is kept, but not one named like a property of every object', () => {
    const json = (code: string): string => JSON.stringify({ ...event, code });
    expect(decodeWorkerEvent(json('of-a-newer-worker'), 'i-1')).toEqual({ ...event, code: 'of-a-newer-worker' });
    for (const code of ['constructor', '__proto__', 'toString', '', 'A B'])
      expect(decodeWorkerEvent(json(code), 'i-1')).toBeUndefined();
  });

  it('of another instance than its key names is refused', () => {
    expect(decodeWorkerEvent(JSON.stringify({ ...event, code: 'slot-hint' }), 'i-2')).toBeUndefined();
  });
});

describe('counts', () => {
  it('of an outcome must be possible for a batch', () => {
    const whole = { lease: 'l', instance: 'i', ok: 3, failed: 1, givenUp: false };
    const written = encodeOutcomeMetadata(whole);
    expect(decodeOutcomeMetadata(written)).toEqual(whole);
    expect(decodeOutcomeMetadata(written, { least: 4, most: 4 })).toEqual(whole);
    expect(decodeOutcomeMetadata(written, { least: 1, most: 3 })).toBeUndefined();
    expect(decodeOutcomeMetadata(written, { least: 5, most: 9 })).toBeUndefined();
    for (const wrong of ['-1', '1.5', '1e3', '', ' 1', '0x1', 'NaN', '99999999999999999999']) {
      expect(decodeOutcomeMetadata({ ...written, ok: wrong })).toBeUndefined();
    }
    expect(decodeOutcomeMetadata({})).toBeUndefined();
    expect(decodeOutcomeMetadata({ ...written, ok: '0', failed: '0' })).toBeUndefined();
  });

  it('of a progress file must agree with each other and with the number of batches', () => {
    const json = encodeProgress(progress);
    expect(decodeProgress(json)).toEqual(progress);
    expect(decodeProgress(json, 5)).toEqual(progress);
    expect(decodeProgress(json, 4)).toBeUndefined();
    expect(decodeProgress(json.replace('"done":5', '"done":6'))).toBeUndefined();
    expect(decodeProgress(json.replace('"failed":1', '"failed":9'))).toBeUndefined();
    for (const folded of ['4-0', '0-4,x', '0-99999999999999999999']) {
      expect(decodeProgress(json.replace('"0-4"', JSON.stringify(folded)))).toBeUndefined();
    }
  });

  it('of sent messages are 0 when they cannot be read', () => {
    expect(decodeSent(encodeSent(7))).toBe(7);
    for (const json of ['', 'null', '{"sent":-1}', '{"sent":1e999}', '{"sent":"7"}']) expect(decodeSent(json)).toBe(0);
  });
});

describe('a message', () => {
  it('is read as it was written, and nothing else is a message', () => {
    const message = { ...location, job: 'j', manifestDigest: 'd' };
    const body = encodeBatchMessage(message);
    expect(decodeBatchMessage(body)).toEqual(message);
    for (const wrong of withWrongFields(JSON.parse(body) as object)) {
      const text = JSON.stringify(wrong);
      const read = decodeBatchMessage(text);
      if (read !== undefined) expect(decodeBatchMessage(encodeBatchMessage(read))).toEqual(read);
      messageNeeds(text);
    }
    expect(decodeBatchMessage(encodeBatchMessage({ ...message, endByte: 5 }))).toBeUndefined();
    expect(decodeBatchMessage(' '.repeat(2_000_000) + body)).toBeUndefined();
  });

  it('of a plan must have items, in a range', () => {
    expect(decodePlanLine(encodePlanLine({ ...location, items: 0 }))).toBeUndefined();
    expect(decodePlanLine(encodePlanLine({ ...location, endByte: 9 }))).toBeUndefined();
  });
});

describe('a line that is marked as bad', () => {
  it('is not an item, whatever follows the mark', () => {
    for (const rest of ['', 'null', '{"code":1}', '{"code":"A","message":"b"}']) {
      expect(decodeInputLine(`!${rest}`).kind).toBe('bad');
    }
  });
});
