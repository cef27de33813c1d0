// A machine for the boot script: it stands in for the kernel, cloud-init and systemd, in the directory of a local instance and without root.
// The script's root is a directory, and tools that change a system are stand-ins that record their calls. Everything else is real: bash, the
// script, the worker's bundle from S3, the unit's commands with its environment, and the instance's metadata and credentials.
//
// $MACHINE_SCRIPT is the user data, with @ROOT@ for its root. $MACHINE_CALLS is the file for recorded calls. $MACHINE_AWS=real uses the AWS CLI
// of this computer.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const here = import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname);
const { MACHINE_SCRIPT, MACHINE_CALLS, MACHINE_AWS } = process.env;
/** These endpoints must be given here. On AWS they have the same addresses everywhere, so an image knows them. */
const { AWS_ENDPOINT_URL, AWS_EC2_METADATA_SERVICE_ENDPOINT, AWS_CONTAINER_CREDENTIALS_FULL_URI } = process.env;
const root = path.resolve('root');
const bin = path.resolve('bin');
const journal = path.resolve('journal');
/** The search path that systemd gives to services. https://www.freedesktop.org/software/systemd/man/latest/systemd.exec.html */
const SYSTEM_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
/** The factor by which the pause between two starts is shortened, because a test should not wait for seconds. */
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
if (!poweredOff() && calls().includes('systemctl enable --now spotpool-worker.service spotpool-watcher.service'))
  await runUnit();
while (!poweredOff()) await delay(50); // the machine is on and idle
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
  standIn('dnf', dnf());
  standIn('id', 'exit 1'); // the user does not exist yet
  standIn('install', `for name; do case "$name" in /*) mkdir -p "$name" ;; esac; done`);
  standIn('runuser', 'shift 3\nexec "$@"'); // drops `-u <user> --`, because there is only one user
  standIn('journalctl', `cat '${journal}'`);
  const own = `'${process.execPath}' '${path.join(here, 'aws.mjs')}'`;
  const real = spawnSync('sh', ['-c', 'command -v aws'], { encoding: 'utf8' }).stdout.trim();
  standIn('aws', `exec ${MACHINE_AWS === 'real' ? real : own} "$@"`);
  const hasCurl = process.env.PATH.split(':').some(
    (directory) => spawnSync(path.join(directory, 'curl'), ['-V']).status === 0,
  );
  if (!hasCurl) standIn('curl', `exec '${process.execPath}' '${path.join(here, 'curl.mjs')}' "$@"`);
}

/** Installs the packages that the machine knows: a Node.js and a Python of this computer. Like dnf it installs nothing when it does not know one of them. */
function dnf() {
  const python = `printf '#!/bin/sh\\nexec python3 "$@"\\n' >'${root}/usr/bin/python3.13' && chmod +x '${root}/usr/bin/python3.13'`;
  return `for name; do case "$name" in
  -* | install | nodejs24 | python3.13 | git | gcc) ;;
  *) echo "No match for argument: $name" >&2; echo "Error: Unable to find a match: $name" >&2; exit 1 ;;
esac; done
for name; do case "$name" in
  nodejs24) ln -s '${process.execPath}' '${root}/usr/bin/node-24' ;;
  python3.13) ${python} ;;
esac; done`;
}

/** Runs the unit as systemd 252 does: it runs each ExecStopPost after each end, and restarts the worker after a failure, up to the start limit. */
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
    for (const line of text.match(/^ExecStopPost=.*$/gm)) {
      const [after, ...given] = split(line)[1]
        .replace(/^[-+]+/, '')
        .split(' ');
      spawnSync(after, given, { env: { ...env, ...ended }, stdio: ['ignore', output, output] });
    }
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
