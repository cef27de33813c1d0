/** The paths on an instance. A test that boots an instance in a directory of its own puts them below another root than `/`. */
export interface BootPaths {
  readonly bootLog: string;
  /** cloud-init runs the scripts of this folder at every boot. https://cloudinit.readthedocs.io/en/latest/reference/modules.html#scripts-per-boot */
  readonly atEachBoot: string;
  readonly code: string;
  readonly settings: string;
  readonly unit: string;
  readonly node: string;
  /** The interpreter's version follows, such as `3.13`. */
  readonly python: string;
  readonly home: string;
  readonly work: string;
  /** The kernel has a directory for each block device here. */
  readonly blockDevices: string;
  readonly devices: string;
  /** AWS's Deep Learning images mount instance storage here. */
  readonly imageStorage: string;
  readonly fstab: string;
  /** systemd runs this script after each end of the worker. */
  readonly lastWords: string;
  readonly workerLog: string;
  /** The worker shows there that its loop turns. systemd makes the folder for the worker's user. */
  readonly alive: string;
  readonly watcher: string;
  readonly watcherUnit: string;
}

export const bootPaths = (root = ''): BootPaths => ({
  bootLog: `${root}/var/log/spotpool-boot.log`,
  atEachBoot: `${root}/var/lib/cloud/scripts/per-boot`,
  code: `${root}/opt/spotpool`,
  settings: `${root}/etc/spotpool`,
  unit: `${root}/etc/systemd/system/spotpool-worker.service`,
  // The distribution's package has this name. The plain name `node` is a link, which may come to mean another version.
  // https://docs.aws.amazon.com/linux/al2023/ug/nodejs.html
  node: `${root}/usr/bin/node-24`,
  python: `${root}/usr/bin/python`,
  home: `${root}/var/lib/spotpool`,
  work: `${root}/var/lib/spotpool/work`,
  blockDevices: `${root}/sys/block`,
  devices: `${root}/dev`,
  imageStorage: `${root}/opt/dlami/nvme`,
  fstab: `${root}/etc/fstab`,
  lastWords: `${root}/opt/spotpool/last-words`,
  workerLog: `${root}/run/spotpool-worker.log`,
  alive: `${root}/run/spotpool/alive`,
  watcher: `${root}/opt/spotpool/watcher`,
  watcherUnit: `${root}/etc/systemd/system/spotpool-watcher.service`,
});
