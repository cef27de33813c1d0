/** Describes the machine that a page's figures were measured on. */
import os from 'node:os';

/** Above this load other programs use much of the machine, and only ratios and CPU times are meaningful. */
const CALM_LOAD_A_CORE = 0.3;

export const machineText = (): string =>
  `${os.cpus().length} × ${os.cpus()[0]?.model.trim() ?? 'unknown'}, ${(os.totalmem() / 1e9).toFixed(0)} GB, Node ${process.versions.node}, Linux; ${busyness()}`;

function busyness(): string {
  const [load = 0] = os.loadavg();
  const verdict =
    load > CALM_LOAD_A_CORE * os.cpus().length ? 'busy with other work, so the figures are provisional' : 'calm';
  return `load average ${load.toFixed(1)} at the start (${verdict})`;
}
