import { describe, expect, it } from 'vitest';
import { ModelLog } from '../../../worker/process/model-log.js';

function logAt(clock: { ms: number }): { log: ModelLog; lines: string[] } {
  const lines: string[] = [];
  const log = new ModelLog({ nowMs: () => clock.ms }, (line) => lines.push(line));
  return { log, lines };
}

describe('the log of a model', () => {
  it('cuts long lines and leaves out empty ones', () => {
    const { log, lines } = logAt({ ms: 0 });
    log.write(Buffer.from(`a\n\n${'b'.repeat(9_000)}\n`));
    log.end();
    expect(lines[0]).toBe('a');
    expect(lines[1]).toHaveLength(8 * 1024 + 1);
    expect(lines).toHaveLength(2);
  });

  it('thins a flood, reports how many lines it dropped, and starts again with the next window', () => {
    const clock = { ms: 0 };
    const { log, lines } = logAt(clock);
    for (let line = 0; line < 1_000; line += 1) log.write(Buffer.from(`${line}\n`));
    expect(lines).toHaveLength(200);
    clock.ms = 10_000;
    log.write(Buffer.from('later\n'));
    expect(lines.slice(200)).toEqual(['(800 lines left out)', 'later']);
  });

  it('reports at its end how many lines it dropped, and still keeps the last lines', () => {
    const { log, lines } = logAt({ ms: 0 });
    for (let line = 0; line < 300; line += 1) log.write(Buffer.from(`${line}\n`));
    log.end();
    expect(lines.at(-1)).toBe('(100 lines left out)');
    expect(log.lastLines).toHaveLength(20);
    expect(log.lastLines.at(-1)).toBe('299');
  });
});
