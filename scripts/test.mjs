// `npm test [-- <vitest arguments>]`: installs and builds what is missing, then runs the tests (some of them run dist/).
import { spawn } from 'node:child_process';
import path from 'node:path';
import { prepare, root } from './install.mjs';

prepare();
const vitest = spawn(
  process.execPath,
  [path.join(root, 'node_modules/vitest/vitest.mjs'), 'run', '--project', 'unit', ...process.argv.slice(2)],
  { cwd: root, stdio: 'inherit' },
);
// Ctrl-C reaches the whole process group: wait for vitest to clean up.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => vitest.kill('SIGTERM'));
vitest.on('exit', (code) => process.exit(code ?? 1));
