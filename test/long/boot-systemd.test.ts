/**
 * Boots by the whole boot script under a real systemd, as root in namespaces: the script runs as a service, starts the worker's unit with the real systemctl,
 * and the end of the worker powers the system off. Only commands that would leave the namespaces have stand-ins: dnf, aws, curl, shutdown and mkfs.xfs.
 */
import { spawnSync, type SpawnSyncReturns } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { userData } from '../../infra/boot/user-data.js';

const manager = ['/usr/lib/systemd/systemd', '/lib/systemd/systemd'].find((file) => existsSync(file));

/**
 * The root of the system is a copy of this machine's in memory, because a system that powers off unmounts what it can while processes still write. The
 * machine's own block devices are hidden, so that no disk of it can be taken for one of the instance. $1 names a cgroup, $2 is the test's folder.
 */
const SYSTEM = `
mount -t tmpfs none /run && mkdir /run/up /run/work /run/new || exit 77
mount -t overlay none -o lowerdir=/,upperdir=/run/up,workdir=/run/work /run/new || exit 77
cd /run/new
mount --rbind /dev dev && mount --rbind /sys sys && mount -t tmpfs none run && mount -t tmpfs none tmp || exit 77
umount -R sys/fs/cgroup 2>/dev/null
mount -t cgroup2 none sys/fs/cgroup && mount -t tmpfs none sys/block || exit 77
mkdir "sys/fs/cgroup/$1" && rmdir "sys/fs/cgroup/$1" || exit 77
`;
const START = `
mkdir -p ".$2" run/systemd/system "sys/fs/cgroup/$1" && mount --bind "$2" ".$2" || exit 77
echo "spotpool:x:64123:64123::/var/lib/spotpool:/bin/sh" >>etc/passwd
echo "spotpool:x:64123:" >>etc/group
rm -f usr/bin/node-24 usr/bin/python3.13
if [ "$3" = storage ]; then
  mkdir -p sys/block/nvme1n1/device opt/dlami/nvme && mount -t tmpfs none opt/dlami/nvme || exit 77
  echo 'Amazon EC2 NVMe Instance Storage' >sys/block/nvme1n1/device/model
fi
cp "$2/boot.service" run/systemd/system/
echo $$ >"sys/fs/cgroup/$1/cgroup.procs" || exit 77
exec timeout -s KILL 60 unshare -p -f --kill-child chroot . sh -c \
  'mount -t proc none /proc && exec env container=test ${manager} --system --unit=boot.service'
`;
const inNamespace = (script: string, ...args: readonly string[]): SpawnSyncReturns<string> =>
  spawnSync('unshare', ['-m', 'bash', '--norc', '-c', script, 'bash', ...args], {
    env: { PATH: process.env['PATH'] },
    encoding: 'utf8',
  });
const canRun =
  manager !== undefined &&
  process.getuid?.() === 0 &&
  inNamespace(SYSTEM, `spotpool-probe-${process.pid}`).status === 0;

let root: string;
beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'spotpool-boot-'));
  chmodSync(root, 0o755);
  mkdirSync(path.join(root, 'bin'));
  for (const name of ['seen', 'words']) {
    writeFileSync(path.join(root, name), '');
    chmodSync(path.join(root, name), 0o666);
  }
});
afterEach(() => rmSync(root, { recursive: true }));

function standIn(name: string, does: string): void {
  writeFileSync(path.join(root, 'bin', name), `#!/bin/sh\n${does}\n`);
  chmodSync(path.join(root, 'bin', name), 0o755);
}

/** Boots until the system is off. Returns what the worker saw, and the boot log. */
function boot(
  packages: readonly string[],
  storage: 'storage' | '' = '',
): { readonly seen: string; readonly words: string; readonly log: string } {
  const seen = path.join(root, 'seen');
  const words = path.join(root, 'words');
  const published = path.join(root, 'published');
  mkdirSync(published);
  writeFileSync(path.join(published, 'worker.mjs'), '');
  spawnSync('tar', ['-czf', path.join(root, 'worker.tar.gz'), '-C', published, 'worker.mjs']);
  const sha256 = createHash('sha256')
    .update(readFileSync(path.join(root, 'worker.tar.gz')))
    .digest('hex');
  writeFileSync(path.join(root, 'pointer.json'), JSON.stringify({ version: '1.0.0', sha256 }));
  standIn('shutdown', ':');
  standIn('mkfs.xfs', 'exit 1');
  standIn('curl', 'cat >/dev/null; echo i-1');
  standIn(
    'aws',
    `case "$4" in *current.json) cp '${root}/pointer.json' "$5" ;; *worker.tar.gz) cp '${root}/worker.tar.gz' "$5" ;; *boot.log) cp "$4" '${root}/boot.log' ;; esac`,
  );
  // The worker says who it is, where it works, and what its Python answers. It ends when the boot log was put, because its end powers off.
  writeFileSync(
    path.join(root, 'node'),
    `#!/bin/sh\ncase "$1" in *last-words.mjs) echo "$(id -u) $SERVICE_RESULT $SPOTPOOL_WORK_DIRECTORY $SPOTPOOL_BUCKET" >>'${words}'; exit ;; esac\nuntil [ -e '${root}/boot.log' ]; do sleep 0.05; done\nif [ -e '${root}/kill' ] && [ ! -s '${words}' ]; then kill -9 $$; fi\n{ id -u; stat -c %U "$SPOTPOOL_WORK_DIRECTORY"; findmnt -no FSTYPE,OPTIONS "$SPOTPOOL_WORK_DIRECTORY"; "$SPOTPOOL_PYTHON" --version; } >>'${seen}'\n`,
  );
  writeFileSync(path.join(root, 'python'), '#!/bin/sh\necho "Python 3.13, of the user $(id -u)"\n');
  standIn(
    'dnf',
    `echo "dnf $*"
case " $* " in *' no-such-package '*) echo 'Error: Unable to find a match: no-such-package' >&2; exit 1 ;; esac
install -m 755 '${root}/node' /usr/bin/node-24
install -m 755 '${root}/python' /usr/bin/python3.13`,
  );
  const script = userData({
    region: 'eu-west-1',
    queueUrl: 'https://sqs.eu-west-1.amazonaws.com/111122223333/input',
    bucket: 'results',
    maxIdleSeconds: 600,
    maxLifeSeconds: 86_400,
    python: '3.13',
    packages,
    gpus: false,
  });
  writeFileSync(path.join(root, 'user-data'), script);
  writeFileSync(
    path.join(root, 'boot.service'),
    `[Unit]\nDefaultDependencies=no\n[Service]\nType=oneshot\nRemainAfterExit=yes\nEnvironment=PATH=${root}/bin:/usr/sbin:/usr/bin:/sbin:/bin\nExecStart=/bin/bash ${root}/user-data\n`,
  );
  const run = inNamespace(`${SYSTEM}${START}`, path.basename(root), root, storage);
  // The kernel ends the first process of a namespace by this signal when it powers off. https://man7.org/linux/man-pages/man2/reboot.2.html
  expect(run.signal, `${run.status} ${run.stderr}`).toBe('SIGINT');
  const log = path.join(root, 'boot.log');
  return {
    seen: readFileSync(seen, 'utf8'),
    words: readFileSync(words, 'utf8'),
    log: existsSync(log) ? readFileSync(log, 'utf8') : '',
  };
}

describe.skipIf(!canRun)(
  'a boot under a real systemd (skipped without systemd, root, overlays or cgroups of version 2)',
  () => {
    it('starts the worker as its user, with a work directory of its own and the Python of the pool', () => {
      const { seen, log } = boot(['git', 'gcc']);
      expect(seen, log).toBe('64123\nspotpool\nPython 3.13, of the user 64123\n');
      expect(log).toContain(
        'dnf install -y -q --repo=amazonlinux --setopt=install_weak_deps=False git gcc nodejs24 python3.13',
      );
      expect(log).toContain('the work directory is on the root volume: there is no instance storage');
    });

    it('lets the last words follow a worker that was killed, as its user, and starts the worker again (R4)', () => {
      writeFileSync(path.join(root, 'kill'), '');
      const { words, seen, log } = boot([]);
      expect(words, log).toBe(
        '64123 signal /var/lib/spotpool/work results\n64123 success /var/lib/spotpool/work results\n',
      );
      expect(seen).toContain('64123\nspotpool\n');
    });

    it('puts the work directory on the storage that a Deep Learning image has mounted', () => {
      const { seen, log } = boot([], 'storage');
      expect(log).toContain('the work directory is on instance storage');
      expect(seen).toMatch(/^64123\nspotpool\ntmpfs +rw,nosuid,nodev,/);
    });

    it('powers the instance off when a package does not exist, and starts no worker', () => {
      const { seen, log } = boot(['git', 'no-such-package']);
      expect(seen).toBe('');
      expect(log).toContain('Unable to find a match: no-such-package');
    });
  },
);
