import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { BatchComputer } from '../../../worker/model/batch-computer.js';
import { buildHost, computeWith, itemsOf, modelOf, rebuildsIn, slotOf, type BuiltHost } from './support.js';

const directory = fileURLToPath(new URL('../../../examples/python', import.meta.url));
/** No compiled files beside the sources. */
const env = { PYTHONDONTWRITEBYTECODE: '1' };
/** The helper needs zip(strict=True), of Python 3.10. */
const hasPython = spawnSync('python3', ['-c', 'import sys; sys.exit(sys.version_info < (3, 10))']).status === 0;

let host: BuiltHost;
let slot: BatchComputer;
beforeAll(async () => {
  host = await buildHost();
});
afterAll(() => host.remove());
afterEach(() => slot.close());

describe.skipIf(!hasPython)('a Python model (skipped where there is no python3 ≥ 3.10)', () => {
  it('answers items, has errors as data, and logs what it prints', async () => {
    slot = slotOf(host);
    const model = modelOf(['python3', 'formula_mass.py'], { directory, env });
    const computed = await computeWith(slot, model, itemsOf(['H2O', 'Xx2', 'C6H12O6', '?', 'NaCl']));
    expect(computed).toMatchObject({ end: { kind: 'computed' }, failed: [1, 3], repeated: 0 });
    expect(computed.results[0]).toMatchObject({ output: { mass: 18.015 } });
    expect(computed.results[1]).toMatchObject({ error: { code: 'KeyError', message: "'unknown element Xx'" } });
    expect(computed.results[4]).toMatchObject({ output: { formula: 'NaCl', mass: 58.44 } });
    expect(computed.log).toContain('1 formulas');
    expect(rebuildsIn(computed)).toEqual([]);
  });

  it.each([
    ['raises', 'def predict(items): raise ValueError("not today")', 'ValueError: not today'],
    ['gives too few outputs', 'def predict(items): return []', 'given 1 items and gave 0 outputs'],
    ['ends its generator early', 'def predict(items): yield from []', 'shorter'],
    ['exits', 'import os\ndef predict(items): os._exit(9)', 'exit code 9'],
  ])('fails the item at which it %s', async (_what, code, message) => {
    slot = slotOf(host);
    const program = `import spotpool_model\n${code}\nspotpool_model.run(predict, max_slice_items=4)`;
    const computed = await computeWith(slot, modelOf(['python3', '-c', program], { directory, env }), itemsOf([1]));
    expect(computed.failed).toEqual([0]);
    expect(computed.results[0]).toMatchObject({ error: { code: 'SlotCrashed' } });
    expect(JSON.stringify(computed.results[0])).toContain(message);
  });

  it('answers several slices at once in threads, and ends when one of them raises', async () => {
    slot = slotOf(host);
    const program = [
      'import spotpool_model, threading',
      'both = threading.Barrier(2)',
      'def predict(items):',
      '  if items == ["bad"]: raise ValueError("not today")',
      '  if "met" in items: both.wait(60)',
      '  return items',
      'spotpool_model.run(predict, max_slice_items=1, threads=2)',
    ].join('\n');
    const model = modelOf(['python3', '-c', program], { directory, env, concurrency: 8 });
    // Each of the two waits until the other is asked as well.
    const computed = await computeWith(slot, model, itemsOf(['met', 'met', 'a', 'bad', 'b']));
    expect(computed).toMatchObject({ end: { kind: 'computed' }, failed: [3] });
    expect(JSON.stringify(computed.results[3])).toContain('not today');
  });

  it.each(['float("nan")', '{1, 2}'])('fails the item whose output is no JSON, and no other: %s', async (output) => {
    slot = slotOf(host);
    const program = `import spotpool_model\nspotpool_model.run(lambda items: [${output} if item == 1 else item for item in items])`;
    const computed = await computeWith(
      slot,
      modelOf(['python3', '-c', program], { directory, env }),
      itemsOf([0, 1, 2]),
    );
    expect(computed.failed).toEqual([1]);
    expect(JSON.stringify(computed.results[1])).toContain('JSON');
    expect(rebuildsIn(computed)).toEqual([]);
  });
});
