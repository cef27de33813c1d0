/**
 * Tests the worker's unit under a real systemd: with systemd's own checker, and as root in namespaces, where a user's or a system's manager
 * shows what it does when the worker ends. Amazon Linux 2023 has systemd 252.
 */
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lastWords } from '../../infra/boot/last-words.js';
import { bootPaths, type BootPaths } from '../../infra/boot/paths.js';
import { workerUnit } from '../../infra/boot/worker-unit.js';

const MANAGERS = ['/usr/lib/systemd/systemd', '/lib/systemd/systemd'];
const manager = MANAGERS.find((file) => existsSync(file));
/** Runs a user's manager on one unit. Its cgroups and the marks of a running systemd exist only in the namespace. */
const RUN = `
umount -R /sys/fs/cgroup 2>/dev/null
mount -t cgroup2 none /sys/fs/cgroup && mount -t tmpfs none /run || exit 77
mkdir -p /run/systemd/system /run/user /sys/fs/cgroup/$1 && chmod 700 /run/user
echo $$ >/sys/fs/cgroup/$1/cgroup.procs || exit 77
XDG_RUNTIME_DIR=/run/user XDG_CONFIG_HOME=$HOME exec timeout -s KILL 20 ${manager} --user --unit=spotpool-worker.service
`;
/** Runs a system's manager on the unit as its first process, with the users in $2. So the worker has its own user, and ExecStopPost runs as root. */
const RUN_SYSTEM = `
umount -R /sys/fs/cgroup 2>/dev/null
mount -t cgroup2 none /sys/fs/cgroup && mount -t tmpfs none /run || exit 77
mount --bind "$2/passwd" /etc/passwd && mount --bind "$2/group" /etc/group || exit 77
mkdir -p /run/systemd/system /sys/fs/cgroup/$1
cp "$2/spotpool-worker.service" /run/systemd/system/
echo $$ >/sys/fs/cgroup/$1/cgroup.procs || exit 77
exec timeout -s KILL 20 unshare -p -f --mount-proc --kill-child env container=test ${manager} --system --unit=spotpool-worker.service
`;
const canCheck = spawnSync('systemd-analyze', ['--version']).status === 0;
const canRun = manager !== undefined && process.getuid?.() === 0 && canUnshare();

function canUnshare(): boolean {
  const mount =
    'umount -R /sys/fs/cgroup 2>/dev/null; mount -t cgroup2 none /sys/fs/cgroup && mkdir /sys/fs/cgroup/$0 && rmdir /sys/fs/cgroup/$0';
  return spawnSync('unshare', ['-m', 'sh', '-c', mount, `spotpool-probe-${process.pid}`]).status === 0;
}

let root: string;
let paths: BootPaths;
beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'spotpool-systemd-'));
  paths = bootPaths(root);
  for (const directory of [
    paths.code,
    paths.settings,
    paths.home,
    path.dirname(paths.unit),
    path.dirname(paths.node),
  ]) {
    mkdirSync(directory, { recursive: true });
  }
  mkdirSync(path.dirname(paths.workerLog), { recursive: true });
  symlinkSync(process.execPath, paths.node);
  writeFileSync(path.join(paths.settings, 'worker.env'), '');
});
afterEach(() => rmSync(root, { recursive: true }));

function executable(file: string, text: string): void {
  writeFileSync(file, text);
  chmodSync(file, 0o755);
}

describe.skipIf(!canCheck)("systemd's checker (skipped where systemd-analyze is not installed)", () => {
  it('accepts the unit without a complaint', () => {
    executable(paths.lastWords, lastWords(paths));
    writeFileSync(paths.unit, workerUnit(paths));
    const { status, stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', paths.unit], { encoding: 'utf8' });
    expect(stderr.split('\n').filter((line) => line.includes('spotpool'))).toEqual([]);
    expect(status).toBe(0);
  });
});

describe.skipIf(!canRun)('a real systemd (skipped without systemd, root or cgroups of version 2)', () => {
  /** The number of starts of the worker until the manager ended. The manager's end stands for the instance's end. */
  function starts(worker: string, change: (unit: string) => string = (unit) => unit): { count: number; calls: string } {
    const log = path.join(root, 'starts');
    const calls = path.join(root, 'calls');
    const bin = path.join(root, 'bin');
    mkdirSync(bin);
    for (const name of ['journalctl', 'aws', 'systemctl']) {
      // A manager without a bus is stopped by the signal SIGRTMIN+24.
      const ends = name === 'systemctl' ? '\nkill -58 "$MANAGER"' : '';
      executable(path.join(bin, name), `#!/bin/sh\necho "${name} $*" >>'${calls}'${ends}\n`);
    }
    executable(path.join(root, 'worker.sh'), `#!/bin/sh\necho start >>'${log}'\n${worker}\n`);
    // $PPID of a process that the manager starts is the manager.
    executable(paths.lastWords, `#!/bin/sh\nMANAGER=$PPID PATH='${bin}':$PATH exec bash '${root}/words'\n`);
    writeFileSync(path.join(root, 'words'), lastWords(paths));
    writeFileSync(path.join(paths.settings, 'worker.env'), 'SPOTPOOL_BUCKET=results\nSPOTPOOL_INSTANCE=i-1\n');
    // A user's manager has no other users, no control of the power, and no network of the machine.
    const unit = workerUnit(paths)
      .replace(/^ExecStart=.*$/m, `ExecStart=${root}/worker.sh`)
      .replace(/^(User|Wants|After)=.*\n/gm, '')
      .replaceAll('poweroff', 'exit')
      .replace(/^RestartSec=.*$/m, 'RestartSec=100ms');
    mkdirSync(path.join(root, 'systemd/user'), { recursive: true });
    writeFileSync(path.join(root, 'systemd/user/spotpool-worker.service'), change(unit));
    const run = spawnSync('unshare', ['-m', 'bash', '-c', RUN, 'bash', path.basename(root)], {
      env: { PATH: process.env['PATH'], HOME: root },
      encoding: 'utf8',
    });
    if (run.signal !== null || run.status === 77 || run.status === 137) {
      throw new Error(`systemd did not end by itself: ${run.status} ${run.stderr}`);
    }
    const count = readFileSync(log, 'utf8').trimEnd().split('\n').length;
    return { count, calls: existsSync(calls) ? readFileSync(calls, 'utf8') : '' };
  }

  it('starts a worker that crashes five times, and then ends the instance', () => {
    expect(starts('exit 1').count).toBe(5);
  });

  it.each([
    ['ended well', 'exit 0'],
    ['was told to stop', 'kill -TERM $$'],
    ['says that its configuration is wrong', 'exit 2'],
  ])('ends the instance after a worker that %s', (_, worker) => {
    const { count, calls } = starts(worker);
    expect(count).toBe(1);
    expect(calls).toContain('systemctl --no-block poweroff');
    expect(calls).toMatch(/^journalctl .*\naws s3 cp .* s3:\/\/results\/fleet\/instances\/i-1\/worker\.log\n/);
  });

  describe('after a worker that was killed', () => {
    const dies = `[ $(wc -l <'$ROOT/starts') -gt 1 ] || kill -9 $$`;
    const startsWithWords = (words: string, change?: (unit: string) => string): ReturnType<typeof starts> => {
      mkdirSync(path.join(paths.code, 'worker'));
      writeFileSync(path.join(paths.code, 'worker/last-words.mjs'), words);
      return starts(dies.replace('$ROOT', root), change);
    };

    it('marks its losses before anything else, and starts the worker again', () => {
      const words = `import { appendFileSync } from 'node:fs';
appendFileSync('${root}/calls', 'last words: ' + process.env.SERVICE_RESULT + ' ' + process.env.SPOTPOOL_BUCKET + '\\n');`;
      const { count, calls } = startsWithWords(words);
      expect(count).toBe(2);
      expect(calls).toMatch(
        /^last words: signal results\njournalctl [^]*last words: success results\njournalctl [^]*poweroff/,
      );
    });

    it('goes on when the marks take too long, and ends the instance after the worker', () => {
      const { count, calls } = startsWithWords('setInterval(() => undefined, 1000);', (unit) =>
        unit.replace(/^(ExecStopPost=-timeout) -k \d+ \d+/m, '$1 -k 1 1'),
      );
      expect(count).toBe(2);
      expect(calls).toContain('systemctl --no-block poweroff');
    });
  });

  it("runs the commands after the worker as root, without the model's home, directory or settings", () => {
    const users = path.join(root, 'users');
    const bin = path.join(root, 'bin');
    const taken = path.join(root, 'taken');
    const seen = path.join(root, 'seen');
    mkdirSync(users);
    mkdirSync(bin);
    chmodSync(root, 0o755);
    writeFileSync(
      path.join(users, 'passwd'),
      `root:x:0:0::/root:/bin/sh\nspotpool:x:64123:64123::${paths.home}:/bin/sh\n`,
    );
    writeFileSync(path.join(users, 'group'), 'root:x:0:\nspotpool:x:64123:\n');
    chownSync(paths.home, 64_123, 64_123);
    // The AWS CLI is such a command: a profile may name a program that provides its keys (credential_process).
    executable(
      path.join(bin, 'aws'),
      `#!/bin/sh\nid -u >'${seen}'\npwd >>'${seen}'\nsh "\${AWS_CONFIG_FILE:-$HOME/.aws/config}"\n`,
    );
    executable(path.join(bin, 'journalctl'), '#!/bin/sh\n');
    executable(path.join(bin, 'systemctl'), '#!/bin/sh\nkill -48 1\n'); // SIGRTMIN+14: power off at once
    executable(
      path.join(root, 'model.sh'),
      `#!/bin/sh\nmkdir ~/.aws && echo 'id -u >${taken}' >~/.aws/config\nid -u >~/model\n`,
    );
    executable(paths.lastWords, `#!/bin/sh\nPATH='${bin}':$PATH exec bash '${root}/words'\n`);
    writeFileSync(path.join(root, 'words'), lastWords(paths));
    writeFileSync(
      path.join(users, 'spotpool-worker.service'),
      workerUnit(paths)
        .replace(/^ExecStart=.*$/m, `ExecStart=${root}/model.sh`)
        .replace(/^(Wants|After)=.*\n/gm, '')
        .replace('[Unit]\n', '[Unit]\nDefaultDependencies=no\n'),
    );
    const run = spawnSync('unshare', ['-m', 'bash', '-c', RUN_SYSTEM, 'bash', path.basename(root), users], {
      env: { PATH: process.env['PATH'] },
      encoding: 'utf8',
    });
    expect(run.status, run.stderr).not.toBe(77);
    expect(readFileSync(path.join(paths.home, 'model'), 'utf8')).toBe('64123\n');
    expect(readFileSync(seen, 'utf8')).toBe('0\n/\n');
    expect(existsSync(taken)).toBe(false);
  });

  it.each(['SuccessAction', 'FailureAction'])(
    'would end the instance at the first crash with %s, so the unit has none',
    (action) => {
      expect(starts('exit 1', (unit) => unit.replace('[Unit]\n', `[Unit]\n${action}=exit\n`)).count).toBe(1);
    },
  );
});
