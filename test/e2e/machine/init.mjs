// A machine around the boot script: what the kernel, cloud-init and systemd are to it, in the directory of a local instance, without root. The script's
// own root is a directory; tools that change a system are stand-ins that note how they were called. Everything else is real: bash, the
// script, the worker's bundle from S3, the unit's commands with its environment, the instance's metadata and credentials.
//
// $MACHINE_SCRIPT: the user data, with @ROOT@ for its root. $MACHINE_CALLS: where calls are noted. $MACHINE_AWS=real: the AWS CLI of this computer.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const here = import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname);
const { MACHINE_SCRIPT, MACHINE_CALLS, MACHINE_AWS } = process.env;
/** What an image knows here by itself: on AWS these have the same addresses everywhere. */
const { AWS_ENDPOINT_URL, AWS_EC2_METADATA_SERVICE_ENDPOINT, AWS_CONTAINER_CREDENTIALS_FULL_URI } = process.env;
const root = path.resolve('root');
const bin = path.resolve('bin');
const journal = path.resolve('journal');
/** systemd's own: https://www.freedesktop.org/software/systemd/man/latest/systemd.exec.html */
const SYSTEM_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
/** Of what systemd waits between two starts: a test has no seconds to lose. */
const RESTART_SHARE = 0.05;

const note = (text) => appendFileSync(MACHINE_CALLS, `${text}\n`);
const calls = () => readFileSync(MACHINE_CALLS, 'utf8').split('\n');
const poweredOff = () => calls().some((call) => /^systemctl (--no-block )?poweroff$/.test(call));

makeImage();
const image = {
  AWS_ENDPOINT_URL,
  AWS_EC2_METADATA_SERVICE_ENDPOINT,
  AWS_CONTAINER_CREDENTIALS_FULL_URI,
  LANG: 'C.UTF-8',
};
const script = path.resolve('part-001');
writeFileSync(script, readFileSync(MACHINE_SCRIPT, 'utf8').replaceAll('@ROOT@', root));
spawnSync('bash', [script], { env: { ...image, PATH: `${bin}:${process.env.PATH}` }, stdio: 'inherit' });
if (!poweredOff() && calls().includes('systemctl enable --now spotpool-worker.service')) await runUnit();
while (!poweredOff()) await delay(50); // on, and idle
note('off');

function makeImage() {
  for (const directory of ['var/log', 'etc/systemd/system', 'usr/bin', 'run', 'opt', 'var/lib']) {
    mkdirSync(path.join(root, directory), { recursive: true });
  }
  mkdirSync(bin);
  writeFileSync(journal, '');
  const standIn = (name, does = ':') =>
    writeFileSync(path.join(bin, name), `#!/bin/sh\necho "${name} $*" >>'${MACHINE_CALLS}'\n${does}\n`, {
      mode: 0o755,
    });
  for (const name of ['shutdown', 'systemctl', 'useradd']) standIn(name);
  standIn('dnf', `ln -s '${process.execPath}' '${root}/usr/bin/node-24'`);
  standIn('id', 'exit 1'); // no such user yet
  standIn('install', `for name; do case "$name" in /*) mkdir -p "$name" ;; esac; done`);
  standIn('runuser', 'shift 3\nexec "$@"'); // `-u <user> --`: there is one user only
  standIn('journalctl', `cat '${journal}'`);
  const own = `'${process.execPath}' '${path.join(here, 'aws.mjs')}'`;
  const real = spawnSync('sh', ['-c', 'command -v aws'], { encoding: 'utf8' }).stdout.trim();
  standIn('aws', `exec ${MACHINE_AWS === 'real' ? real : own} "$@"`);
  const hasCurl = process.env.PATH.split(':').some(
    (directory) => spawnSync(path.join(directory, 'curl'), ['-V']).status === 0,
  );
  if (!hasCurl) standIn('curl', `exec '${process.execPath}' '${path.join(here, 'curl.mjs')}' "$@"`);
}

/** As systemd 252 does: starts, runs what follows each end, and starts again what ended badly, until that was too often. */
async function runUnit() {
  const text = readFileSync(path.join(root, 'etc/systemd/system/spotpool-worker.service'), 'utf8');
  const unit = Object.fromEntries(text.split('\n').flatMap((line) => (/^\w+=/.test(line) ? [split(line)] : [])));
  const settings = readFileSync(unit.EnvironmentFile, 'utf8').trimEnd().split('\n').map(split);
  const env = {
    ...image,
    PATH: `${bin}:${SYSTEM_PATH}`,
    HOME: path.join(root, 'var/lib/spotpool'),
    USER: unit.User,
    ...Object.fromEntries(settings),
  };
  for (let starts = 1; ; starts += 1) {
    if (starts > Number(unit.StartLimitBurst)) {
      note(`systemctl ${unit.StartLimitAction}`);
      return;
    }
    const [command, ...args] = unit.ExecStart.split(' ');
    const output = openSync(journal, 'a');
    const main = spawn(command, args, { cwd: unit.WorkingDirectory, env, stdio: ['ignore', output, output] });
    note(`started ${main.pid}`);
    const [code, signal] = await once(main, 'exit');
    const result = code === 0 || signal === 'SIGTERM' ? 'success' : signal === null ? 'exit-code' : 'signal';
    const ended = { SERVICE_RESULT: result, EXIT_STATUS: String(code ?? signal) };
    spawnSync(unit.ExecStopPost.replace(/^[-+]+/, ''), { env: { ...env, ...ended }, stdio: 'inherit' });
    const again =
      unit.Restart === 'on-failure' && result !== 'success' && String(code) !== unit.RestartPreventExitStatus;
    if (!again || poweredOff()) return;
    await delay(Number(unit.RestartSec) * 1000 * RESTART_SHARE);
  }
}

function split(line) {
  const at = line.indexOf('=');
  return [line.slice(0, at), line.slice(at + 1)];
}
