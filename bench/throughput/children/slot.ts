/**
 * A slot for the loops that the worker is compared with: the same child process with the same protocol code, so
 * that only the loop around it differs.
 */
import { setTimeout as delay } from 'node:timers/promises';
import path from 'node:path';
import { encodeOutputLine } from '../../../core/contract/result-line.js';
import { ProcessGroup } from '../../../worker/process/process-group.js';
import { SlotProcess } from '../../../worker/slot/slot-process.js';

export interface PeerSlot {
  /** Takes lines of items and returns lines of results; calls must be sequential. */
  compute(lines: readonly string[], firstIndex: number): Promise<string>;
}

const FOR_EVER = 2 ** 31;
const MEMORY_LIMIT_BYTES = 4 * 1024 ** 3;

export async function startSlot(model: string): Promise<PeerSlot> {
  const slot = new SlotProcess({
    start: (group) => new ProcessGroup(group),
    argv: [process.execPath, path.resolve('dist/bundle/host.mjs'), model],
    isHost: true,
    cwd: path.dirname(model),
    env: { PATH: process.env['PATH'] ?? '' },
    clock: { nowMs: Date.now, sleep: (ms, signal) => delay(ms, undefined, { signal }) },
    memoryLimitBytes: () => MEMORY_LIMIT_BYTES,
    loadTimeoutMs: FOR_EVER,
    pollMs: 1_000,
    onLog: (line) => process.stderr.write(`${line}\n`),
  });
  const load = await slot.loaded;
  if (!load.ok) throw new Error(load.message);
  let before: Promise<unknown> = Promise.resolve();
  const one = async (lines: readonly string[], firstIndex: number): Promise<string> => {
    let text = '';
    let left = lines.length;
    const done = new Promise<void>((resolve, reject) => {
      slot.onEnd = ({ message }) => reject(new Error(message));
      slot.onAnswer = (answer) => {
        if ('error' in answer) return reject(new Error(answer.error.message));
        text += encodeOutputLine(answer.index, answer.outputJson);
        if ((left -= 1) === 0) resolve();
      };
    });
    const items = lines.map((json, offset) => ({ index: firstIndex + offset, json }));
    await slot.send(items, { job: 'bench', itemTimeoutMs: FOR_EVER });
    await done;
    return text;
  };
  return {
    compute: (lines, firstIndex) => {
      const turn = before.then(() => one(lines, firstIndex));
      before = turn.catch(() => undefined);
      return turn;
    },
  };
}
