import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bootPaths, type BootPaths } from '../../../infra/boot/paths.js';
import { placeWorkDirectory } from '../../../infra/boot/work-directory.js';

/** The kernel pads the model with spaces. */
const INSTANCE_STORAGE = 'Amazon EC2 NVMe Instance Storage        \n';
const EBS = 'Amazon Elastic Block Store              \n';

let root: string;
let paths: BootPaths;
beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'spotpool-storage-'));
  paths = bootPaths(root);
  mkdirSync(path.dirname(paths.fstab), { recursive: true });
  writeFileSync(paths.fstab, '');
});
afterEach(() => rmSync(root, { recursive: true }));

function attach(name: string, model: string): void {
  const device = path.join(paths.blockDevices, name, 'device');
  mkdirSync(device, { recursive: true });
  writeFileSync(path.join(device, 'model'), model);
}

/** Runs the part with stand-ins for the commands that change a system. Returns their calls, and what is in the boot log, without the root. */
function run(standIns = ''): { readonly calls: readonly string[]; readonly log: string; readonly fstab: string } {
  const recorded = ['mkfs.xfs', 'mount', 'install', 'systemctl']
    .map((name) => `${name}() { echo "${name} $*" >&2; does_${name.replace('.', '_')} "$@"; }`)
    .join('\n');
  const does = 'does_mkfs_xfs() { :; }; does_mount() { :; }; does_install() { :; }; does_systemctl() { return 1; }';
  const others = 'mountpoint() { false; }; timeout() { shift; "$@"; }; df() { :; }; step() { echo "$1"; }';
  const script = [does, others, standIns, recorded, placeWorkDirectory(paths)].join('\n');
  // bash may take the test's pipe for a remote login, and would then read the start file of this machine.
  const { status, stdout, stderr } = spawnSync('bash', ['--norc', '-eu', '-c', script], { encoding: 'utf8' });
  expect(status, stderr).toBe(0);
  const plain = (text: string): string => text.replaceAll(root, '');
  return {
    calls: plain(stderr).trimEnd().split('\n'),
    log: plain(stdout),
    fstab: plain(readFileSync(paths.fstab, 'utf8')),
  };
}

const OWNED = 'install -d -o spotpool -g spotpool /var/lib/spotpool/work';
describe('the work directory', () => {
  it('is on the root volume where there are only EBS volumes, which nothing touches', () => {
    attach('nvme0n1', EBS);
    attach('nvme1n1', EBS);
    const { calls, log, fstab } = run();
    expect(calls).toEqual([OWNED]);
    expect(log).toContain('on the root volume: there is no instance storage');
    expect(fstab).toBe('');
  });

  it('is on the root volume where there are no NVMe devices at all', () => {
    expect(run().calls).toEqual([OWNED]);
  });

  it('is on the first device of instance storage, whatever its number, also after a reboot', () => {
    attach('nvme0n1', EBS);
    attach('nvme1n1', INSTANCE_STORAGE);
    attach('nvme2n1', INSTANCE_STORAGE);
    const { calls, log, fstab } = run();
    expect(calls).toEqual([
      'mkfs.xfs -q -K -L spotpool /dev/nvme1n1',
      'mount -o nodev,nosuid /dev/nvme1n1 /var/lib/spotpool/work',
      OWNED,
    ]);
    expect(log).toContain('the work directory is on instance storage');
    expect(fstab).toBe(
      'LABEL=spotpool /var/lib/spotpool/work xfs defaults,nodev,nosuid,nofail,x-systemd.before=spotpool-worker.service 0 0\n',
    );
  });

  it('is on the volume that a Deep Learning image has mounted, which nothing formats', () => {
    attach('nvme1n1', INSTANCE_STORAGE);
    const { calls, fstab } = run(`mountpoint() { [ "$2" = '${paths.imageStorage}' ]; }; does_systemctl() { :; }`);
    expect(calls).toEqual([
      'systemctl start dlami-nvme.service',
      'install -d /opt/dlami/nvme/spotpool',
      'mount --bind -o nodev,nosuid /opt/dlami/nvme/spotpool /var/lib/spotpool/work',
      OWNED,
    ]);
    expect(fstab).toBe(
      '/opt/dlami/nvme/spotpool /var/lib/spotpool/work none bind,x-systemd.after=dlami-nvme.service,nodev,nosuid,nofail,x-systemd.before=spotpool-worker.service 0 0\n',
    );
  });

  it.each([
    ['cannot be formatted, because it holds something', 'does_mkfs_xfs() { return 1; }'],
    ['cannot be mounted', 'does_mount() { return 32; }'],
  ])('is on the root volume when the instance storage %s, and the boot log says so', (_, standIn) => {
    attach('nvme1n1', INSTANCE_STORAGE);
    const { calls, log, fstab } = run(standIn);
    expect(calls.at(-1)).toBe(OWNED);
    expect(log).toContain('on the root volume: the instance storage could not be used');
    expect(fstab).toBe('');
  });
});
