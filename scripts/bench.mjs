// `node scripts/bench.mjs <name> [arguments]`: runs bench/<name>/main.ts. Node 20 reads no TypeScript, so it is bundled first,
// with every dependency left outside. Installs and builds what is missing, as `npm test` does.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { prepare, root } from './install.mjs';

const [name, ...args] = process.argv.slice(2);
const folder = path.join(root, 'bench', name ?? '');
const entry = path.join(folder, 'main.ts');
if (name === undefined || !existsSync(entry)) {
  process.stderr.write(
    `Usage: node scripts/bench.mjs <conformance | emulators | local | soak | throughput> [arguments]\n`,
  );
  process.exit(2);
}
prepare();
const esbuild = await import('esbuild');
const outdir = path.join(root, 'dist/bench', name);
await esbuild.build({
  entryPoints: [entry, path.join(folder, 'child.ts')].filter((file) => existsSync(file)),
  outdir,
  outExtension: { '.js': '.mjs' },
  bundle: true,
  packages: 'external',
  platform: 'node',
  format: 'esm',
  target: 'node20',
  logLevel: 'warning',
});
const child = spawn(process.execPath, [path.join(outdir, 'main.mjs'), ...args], {
  cwd: root,
  stdio: 'inherit',
  env: { ...process.env, AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' },
});
// Passed on, then waited until what was started is stopped. Ctrl-C reaches the whole process group: the child sees it twice and ends once.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.on('exit', (code) => process.exit(code ?? 1));
