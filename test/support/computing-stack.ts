/** Makes the instances of a stack in memory compute what they commit: they read the input of a batch, and call a model for each item. */
import { decodeInputLine } from '../../core/contract/input-line.js';
import { decodeManifest, type Manifest } from '../../core/contract/job.js';
import { manifestKey, outcomeKey, planKey } from '../../core/contract/keys.js';
import {
  encodeOutcomeMetadata,
  encodeOutputLine,
  encodeResultLine,
  failedLine,
} from '../../core/contract/result-line.js';
import { decodePlanLine } from '../../core/dataset/plan.js';
import type { FakeStack } from './fake-stack.js';

/** Returns the output as JSON text, or undefined when the item fails. */
export type FakeModel = (itemJson: string, manifest: Manifest) => string | undefined;

export function computeWith(stack: FakeStack, model: FakeModel): void {
  const { store } = stack;
  stack.commit = async (job, batch) => {
    const { signal } = new AbortController();
    const manifest = decodeManifest(store.text(manifestKey(job)) ?? '', job);
    const place = (store.text(planKey(job)) ?? '').split('\n').map(decodePlanLine)[batch];
    if (manifest === undefined || place === undefined) throw new Error(`Job ${job} has no batch ${batch}.`);
    const input = await store.get(place.key, { signal, range: { startByte: place.startByte, endByte: place.endByte } });
    const lines = Buffer.from(input?.body ?? [])
      .toString()
      .trimEnd()
      .split('\n');
    let failed = 0;
    const results = lines.map((line, n) => {
      const read = decodeInputLine(line);
      const index = place.firstIndex + n;
      const output = read.kind === 'item' ? model(read.json, manifest) : undefined;
      if (output !== undefined) return encodeOutputLine(index, output);
      failed += 1;
      const error =
        read.kind === 'bad' ? read.error : { code: codeOf(read.json), message: `no answer to ${read.json}` };
      return encodeResultLine(failedLine(index, error));
    });
    await store.put(outcomeKey(job, batch), results.join(''), {
      signal,
      ifNoneMatch: true,
      metadata: encodeOutcomeMetadata({
        lease: 'l',
        instance: 'i-1',
        ok: lines.length - failed,
        failed,
        givenUp: false,
      }),
    });
  };
}

/** Items fail with one of two codes, which their number decides. */
const codeOf = (itemJson: string): string => (/"n":\d*[05]\b/.test(itemJson) ? 'Round' : 'Odd');
