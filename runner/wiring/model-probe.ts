/** Wires the probe: what instances run, on the machine of the command. Its code is loaded only when a model is tried. */
import { tmpdir, totalmem } from 'node:os';
import type { ModelProbe } from '../../core/probe/probe.js';
import { makeModelProbe } from '../../worker/probe/model-probe.js';
import { installedFiles } from '../local-cloud/paths.js';
import { fineClock } from './clock.js';

export const openModelProbe = (env: NodeJS.ProcessEnv): ModelProbe =>
  makeModelProbe({
    clock: fineClock,
    hostPath: installedFiles().host,
    env,
    temporary: tmpdir(),
    memoryBytes: totalmem(),
  });
