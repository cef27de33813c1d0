// `node scripts/simulation.mjs <faults> [arguments]`: runs the simulation of test/simulation/. Node 20 reads no TypeScript, so it is bundled first.
import { spawn } from 'node:child_process';
import path from 'node:path';
import { install, root } from './install.mjs';

const PROGRAMS = { faults: 'main.ts', sabotage: 'sabotage/main.ts', scale: 'scale/main.ts' };

const [name, ...args] = process.argv.slice(2);
const entry = PROGRAMS[name ?? ''];
if (entry === undefined) {
  process.stderr.write(`Usage: node scripts/simulation.mjs <${Object.keys(PROGRAMS).join(' | ')}> [arguments]\n`);
  process.exit(2);
}
install();
const esbuild = await import('esbuild');
const outfile = path.join(root, 'dist/bench/simulation', `${name}.mjs`);
await esbuild.build({
  entryPoints: [path.join(root, 'test/simulation', entry)],
  outfile,
  bundle: true,
  packages: 'external',
  platform: 'node',
  format: 'esm',
  target: 'node20',
  sourcemap: true,
  logLevel: 'warning',
});
const child = spawn(process.execPath, ['--enable-source-maps', outfile, ...args], { cwd: root, stdio: 'inherit' });
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.on('exit', (code) => process.exit(code ?? 1));
