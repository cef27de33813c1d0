// `node scripts/bench.mjs <name> [arguments]`: runs bench/<name>/main.ts, which may start child.ts. Node 20 reads no TypeScript, so they are
// bundled first. Installs and builds what is missing, as `npm test` does.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { prepare, root } from './install.mjs';

const [name, ...args] = process.argv.slice(2);
const folder = path.join(root, 'bench', name ?? '');
const entry = path.join(folder, 'main.ts');
if (name === undefined || !existsSync(entry)) {
  process.stderr.write(
    `Usage: node scripts/bench.mjs <conformance | data | emulators | house | local | pictures | python | reuse | soak | throughput | weights> [arguments]\n`,
  );
  process.exit(2);
}
prepare();
const esbuild = await import('esbuild');
const outdir = path.join(root, 'dist/bench', name);
const output = { outdir, outExtension: { '.js': '.mjs' }, bundle: true, platform: 'node', format: 'esm' };
const options = { ...output, target: 'node20', logLevel: 'warning' };
await esbuild.build({ ...options, entryPoints: [entry], packages: 'external' });
// One file, so that many of them start fast. The SDK's CommonJS parts call require.
const js =
  "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);";
const childEntry = path.join(folder, 'child.ts');
if (existsSync(childEntry)) {
  await esbuild.build({ ...options, entryPoints: [childEntry], external: ['esbuild'], banner: { js } });
}
const child = spawn(process.execPath, [path.join(outdir, 'main.mjs'), ...args], {
  cwd: root,
  stdio: 'inherit',
  env: { ...process.env, AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' },
});
// Passed on, then waited until what was started is stopped. Ctrl-C reaches the whole process group: the child sees it twice and ends once.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.on('exit', (code) => process.exit(code ?? 1));
