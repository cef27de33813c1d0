import { describe, expect, it } from 'vitest';
import { emptyView, frame, withEvent } from '../../../runner/display/frame.js';
import { width } from '../../../runner/display/format.js';
import { jsonDisplay } from '../../../runner/display/json.js';
import { liveDisplay } from '../../../runner/display/live.js';
import { plainDisplay } from '../../../runner/display/plain.js';
import { Screen } from '../../../runner/display/screen.js';
import { RecordingTerminal } from '../../support/recording-terminal.js';
import { happened, progress, recordedRun } from './sample-events.js';

const startMs = Date.parse('2026-01-01T00:00:00.000Z');

describe('the frame of the live display', () => {
  const colors = new RecordingTerminal().colors;
  const view = recordedRun.slice(0, 7).reduce(withEvent, emptyView(startMs));
  const text = (columns = 80): readonly string[] => frame(view, { columns, rows: 40, nowMs: startMs + 12_000, colors });

  it('shows the model, the progress and the fleet', () => {
    const all = text().join('\n');
    for (const wanted of [
      'molecules over drugbank.txt',
      'job herg',
      '0:12',
      '50 %',
      '3,648 of 7,236 done',
      '58 items failed',
      '57 of 114 done',
      '412 items/s',
      'about 9 s left',
      'target 6',
      '1 pending',
      '4 running',
      '1 noticed',
      '0 draining',
      'i-2 was reclaimed without notice.',
    ]) {
      expect(all).toContain(wanted);
    }
  });

  it('shows what instances do to get the model ready, and for how long', () => {
    const doing = 'installing 14 packages for model.py';
    const since = new Date(startMs + 4_000).toISOString();
    const preparing = [{ phase: 'environment', doing, instances: 2, since }] as const;
    const shown = withEvent(view, { event: 'progress', ...progress({ preparing }) });
    const lines = frame(shown, { columns: 80, rows: 40, nowMs: startMs + 12_000, colors });
    expect(lines.find((line) => line.includes('now'))).toContain(
      '2 instances are installing 14 packages for model.py (8 s)',
    );
  });

  it('keeps the bar and the clock on a narrow terminal', () => {
    const lines = text(30);
    expect(lines[1]).toMatch(/0:12$/);
    expect(width(lines[1] ?? '')).toBeLessThan(30);
    expect(lines.find((line) => line.includes('█'))).toMatch(/50 %$/);
  });

  it('shows the latest events only', () => {
    const many = Array.from({ length: 30 }, (_, index) => happened(`event ${index}`)).reduce(withEvent, view);
    const lines = frame(many, { columns: 80, rows: 40, nowMs: startMs, colors });
    expect(lines.length).toBeLessThan(20);
    expect(lines.at(-1)).toContain('event 29');
  });

  it('shows as many of the latest sentences as fit on the screen, each of them whole', () => {
    const long = Array.from({ length: 9 }, (_, index) => happened(`number ${index} ${'and so on '.repeat(9)}end`));
    const lines = frame(long.reduce(withEvent, view), { columns: 80, rows: 16, nowMs: startMs, colors });
    expect(lines.length).toBeLessThan(16);
    expect(lines.at(-1)).toMatch(/end$/);
    expect(lines.filter((line) => line.includes('number'))).toHaveLength(
      lines.filter((line) => line.endsWith('end')).length,
    );
  });
});

describe('a block on the screen', () => {
  it('is redrawn in place and leaves the lines above it', () => {
    const terminal = new RecordingTerminal({ columns: 40, rows: 10 }, true);
    terminal.out('before\n');
    const screen = new Screen(terminal);
    screen.draw(['one', 'two', 'three']);
    screen.draw(['uno', 'dos']);
    expect(terminal.visible()).toEqual(['before', 'uno', 'dos']);
  });

  it('hides the cursor only while the block is shown', () => {
    const terminal = new RecordingTerminal(undefined, true);
    const screen = new Screen(terminal);
    screen.draw(['x']);
    screen.draw(['y']);
    expect(terminal.stdout.split('\x1b[?25l')).toHaveLength(2);
    expect(terminal.stdout).not.toContain('\x1b[?25h');
    screen.release();
    expect(terminal.stdout.endsWith('\x1b[?25h')).toBe(true);
  });

  it('never fills the last row or column', () => {
    const terminal = new RecordingTerminal({ columns: 10, rows: 4 }, true);
    new Screen(terminal).draw(Array.from({ length: 9 }, () => 'x'.repeat(99)));
    expect(terminal.visible()).toEqual(Array.from({ length: 3 }, () => `${'x'.repeat(8)}…`));
  });

  it('is redrawn at the right row after the terminal became narrower', () => {
    const terminal = new RecordingTerminal({ columns: 40, rows: 10 }, true);
    const screen = new Screen(terminal);
    screen.draw(['x'.repeat(30), 'y']);
    terminal.resize(20, 10);
    const before = terminal.stdout.length;
    screen.draw(['z']);
    expect(terminal.stdout.slice(before)).toContain('\x1b[3A');
    screen.release();
  });
});

describe('the live display', () => {
  it('ends with the summary below its last frame, and a visible cursor', () => {
    const terminal = new RecordingTerminal({ columns: 100, rows: 40 }, true);
    const display = liveDisplay(terminal, () => startMs);
    for (const event of recordedRun) display.show(event);
    display.close();
    const text = terminal.visible().join('\n');
    expect(text.match(/molecules over drugbank/g)).toHaveLength(1);
    expect(text).toMatch(/100 %[\s\S]*Job herg is complete[\s\S]*7,119 ok, 117 failed[\s\S]*0 instances/);
    expect(terminal.stdout.lastIndexOf('\x1b[?25h')).toBeGreaterThan(terminal.stdout.lastIndexOf('\x1b[?25l'));
  });

  it('writes nothing once it is closed', () => {
    const terminal = new RecordingTerminal(undefined, true);
    const display = liveDisplay(terminal, () => startMs);
    display.close();
    const { length } = terminal.stdout;
    display.show(happened('late'));
    terminal.resize(50, 20);
    expect(terminal.stdout).toHaveLength(length);
  });
});

describe('plain lines', () => {
  function shown(): string {
    const terminal = new RecordingTerminal();
    const display = plainDisplay(terminal, () => startMs);
    for (const event of recordedRun) display.show(event);
    display.close();
    return terminal.stdout;
  }

  it('show the same events without a single escape sequence', () => {
    const text = shown();
    expect(text).not.toContain('\x1b');
    for (const wanted of [
      'Submitted job herg: molecules over drugbank.txt, 7,236 items in 114 batches.',
      'i-2 was reclaimed without notice.',
      '100 % · 114/114 batches · 7,236/7,236 items · 117 failed',
      'Waiting for 3 instances to terminate.',
      '7,119 ok, 117 failed',
      '1 with notice, 1 without',
      '$0.0012 on Spot (On-Demand: $0.0041)',
      'BadSmiles  the ring is not closed',
      '0 instances',
    ]) {
      expect(text).toContain(wanted);
    }
  });

  it('are printed when something changed or some seconds passed, not at every poll', () => {
    const terminal = new RecordingTerminal();
    let nowMs = startMs;
    const display = plainDisplay(terminal, () => nowMs);
    for (let done = 0; done < 100; done++) {
      display.show({ event: 'progress', ...progress({ batches: { total: 114, done, failed: 0 } }) });
      nowMs += 100;
    }
    expect(terminal.stdout.split('\n')).toHaveLength(3);
    display.show({
      event: 'progress',
      ...progress({ fleet: { target: 5, pending: 0, running: 5, noticed: 0, draining: 0 } }),
    });
    expect(terminal.stdout).toContain('target 5');
  });
});

describe('JSON lines', () => {
  it('are one object per event, with its code and time', () => {
    const terminal = new RecordingTerminal();
    const display = jsonDisplay(terminal, () => startMs);
    for (const event of recordedRun) display.show(event);
    const lines = terminal.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { event: string; at: string });
    expect(lines.map(({ event }) => event)).toEqual(recordedRun.map(({ event }) => event));
    expect(lines.every(({ at }) => at.startsWith('2026-01-01T00:00:0'))).toBe(true);
  });
});
