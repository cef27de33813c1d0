/** The probe with real processes, for tests that run commands in this process. */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { ModelProbe } from '../../core/probe/probe.js';
import { makeModelProbe } from '../../worker/probe/model-probe.js';
import { fineClock } from '../../runner/wiring/clock.js';
import { buildHost } from '../worker/slot/support.js';
import { projectRoot } from './cli.js';

export interface RealProbe {
  readonly probe: ModelProbe;
  /** The entries of the folder in which probes work. */
  readonly leftOver: () => Promise<readonly string[]>;
  readonly remove: () => Promise<void>;
}

export async function realProbe(): Promise<RealProbe> {
  const host = await buildHost();
  const temporary = await mkdtemp(path.join(tmpdir(), 'spotpool-probes-'));
  const probe = makeModelProbe({
    clock: fineClock,
    hostPath: host.hostPath,
    pythonFolder: path.join(projectRoot, 'python'),
    env: process.env,
    temporary,
    memoryBytes: 4 * 1024 ** 3,
  });
  return {
    probe,
    leftOver: () => readdir(temporary),
    remove: async () => {
      await rm(temporary, { recursive: true });
      await host.remove();
    },
  };
}
