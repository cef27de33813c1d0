/** The test's side of the gated models (test/e2e/models). It sees which slices have started, and opens the gate for them. */
import { mkdir, readdir, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { eventually } from './eventually.js';

export class Gate {
  private constructor(readonly directory: string) {}

  static async make(parent: string, name: string): Promise<Gate> {
    const directory = path.join(parent, name);
    await mkdir(directory, { recursive: true });
    return new Gate(directory);
  }

  /** The process id of the slot, from the name of the file that it wrote when it started (`gated.mjs`). */
  static pidOf(started: string): number {
    return Number(started.split('-').at(-1));
  }

  /** The value of `--env` for the gated models. */
  get env(): string {
    return `GATE=${this.directory}`;
  }

  async started(prefix = ''): Promise<readonly string[]> {
    return (await readdir(this.directory)).filter((name) => name.startsWith(`started-${prefix}`)).sort();
  }

  async waitForStarted(count: number, prefix = ''): Promise<readonly string[]> {
    return eventually(
      async () => {
        const started = await this.started(prefix);
        return started.length >= count ? started : undefined;
      },
      { timeoutMs: 45_000, what: `${count} slices started (${prefix})` },
    );
  }

  /** Opens the gate for the slice of one item, or for all. */
  async open(item?: number): Promise<void> {
    await writeFile(path.join(this.directory, item === undefined ? 'open' : `open-${item}`), '');
  }

  /** Replaces the clock file atomically, because a model that read a half-written one would think that time has passed. */
  async setTick(tick: number): Promise<void> {
    const next = path.join(this.directory, 'tick.next');
    await writeFile(next, String(tick));
    await rename(next, path.join(this.directory, 'tick'));
  }
}
