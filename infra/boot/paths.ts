/** Where things are on an instance. Below another root than `/` when a test boots one in a directory of its own. */
export interface BootPaths {
  readonly bootLog: string;
  /** Run by cloud-init at every boot. https://cloudinit.readthedocs.io/en/latest/reference/modules.html#scripts-per-boot */
  readonly atEachBoot: string;
  /** Of the worker's code. */
  readonly code: string;
  readonly settings: string;
  readonly unit: string;
  readonly node: string;
  readonly home: string;
  /** Run after each end of the worker. */
  readonly lastWords: string;
  readonly workerLog: string;
}

export const bootPaths = (root = ''): BootPaths => ({
  bootLog: `${root}/var/log/spotpool-boot.log`,
  atEachBoot: `${root}/var/lib/cloud/scripts/per-boot`,
  code: `${root}/opt/spotpool`,
  settings: `${root}/etc/spotpool`,
  unit: `${root}/etc/systemd/system/spotpool-worker.service`,
  // Of the distribution's package: the plain name is a link that can come to mean another version.
  // https://docs.aws.amazon.com/linux/al2023/ug/nodejs.html
  node: `${root}/usr/bin/node-24`,
  home: `${root}/var/lib/spotpool`,
  lastWords: `${root}/opt/spotpool/last-words`,
  workerLog: `${root}/run/spotpool-worker.log`,
});
