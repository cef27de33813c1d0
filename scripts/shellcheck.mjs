// `npm run shellcheck`: renders every shell script that instances run, and checks it with shellcheck, .ci/run too. Needs a build. Ends with 1 on findings.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

process.chdir(path.dirname(path.dirname(fileURLToPath(import.meta.url))));
if (!existsSync('dist/infra/boot/user-data.js')) fail('There is no build: npm run build');

const { userData } = await import('../dist/infra/boot/user-data.js');
const { lastWords } = await import('../dist/infra/boot/last-words.js');
const { bootPaths } = await import('../dist/infra/boot/paths.js');
const { localUserData } = await import('../dist/runner/local-cloud/user-data.js');

const stack = { region: 'eu-west-1', bucket: 'results', queueUrl: 'https://sqs.eu-west-1.amazonaws.com/1/input' };
const machine = { maxIdleSeconds: 600, maxLifeSeconds: 86_400, python: '3.13' };
const local = {
  ...stack,
  endpoint: 'http://127.0.0.1:1',
  nodePath: '/usr/bin/node',
  workerPath: '/opt/worker.mjs',
  lastWordsPath: '/opt/last-words.mjs',
};
const scripts = {
  'the boot script': userData({ ...stack, ...machine, packages: [], gpus: false }),
  'the boot script with packages and GPUs': userData({
    ...stack,
    ...machine,
    packages: ['git', 'gcc-c++'],
    gpus: true,
  }),
  'what follows the worker': lastWords(bootPaths()),
  "a local instance's boot script": localUserData(local),
};

let failed = false;
for (const [name, text] of Object.entries(scripts)) check(name, ['-'], text);
check('.ci/run', ['.ci/run']);
if (failed) process.exit(1);

function check(name, args, input) {
  const { error, status, stdout, stderr } = spawnSync('shellcheck', args, { input, encoding: 'utf8' });
  if (error !== undefined) fail(`shellcheck cannot be run (${error.message}): install it, as .ci/run does.`);
  console.log(`${name}: ${status === 0 ? 'clean' : `\n${stdout}${stderr}`}`);
  failed ||= status !== 0;
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
