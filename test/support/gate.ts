/** The test's side of the gated models (test/e2e/models): sees which slices have started, and lets them go. */
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

  /** The slot's process, from the name of what it wrote when it started (`gated.mjs`). */
  static pidOf(started: string): number {
    return Number(started.split('-').at(-1));
  }

  /** What `--env` takes. */
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

  /** Lets one item's slice go, or all. */
  async open(item?: number): Promise<void> {
    await writeFile(path.join(this.directory, item === undefined ? 'open' : `open-${item}`), '');
  }

  /** At once: a model that read a half-written clock would believe that time has moved. */
  async setTick(tick: number): Promise<void> {
    const next = path.join(this.directory, 'tick.next');
    await writeFile(next, String(tick));
    await rename(next, path.join(this.directory, 'tick'));
  }
}
