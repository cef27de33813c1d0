/**
 * The part of the boot script that puts the work directory on instance storage, where an instance has some. EBS volumes are NVMe devices too, so the script
 * knows instance storage by its model (https://docs.aws.amazon.com/ebs/latest/userguide/nvme-ebs-volumes.html has that of EBS volumes).
 *
 * - Amazon Linux 2023 formats and mounts nothing. The script formats the first device: mkfs.xfs refuses one that is in use or holds a file system.
 * - AWS's Deep Learning images make one volume of all devices and mount it, by a service which the script waits for. The script uses a directory of it.
 *
 * Instance storage is encrypted by its hardware. A reboot keeps it, so the mount is in fstab. When anything fails, the work directory stays on the root
 * volume, and the boot log says so.
 */
import type { BootPaths } from './paths.js';

const MODEL = 'Amazon EC2 NVMe Instance Storage';
/** The image's service makes its volume within seconds. */
const PATIENCE_SECONDS = 60;
const LABEL = 'spotpool';

/** EC2 trims instance storage before an instance gets it, so `-K` saves the time of another trim. https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ssd-instance-store.html */
export const placeWorkDirectory = ({ work, blockDevices, devices, imageStorage, fstab }: BootPaths): string =>
  `step 'placing the work directory'
use_instance_storage() {
  local name
  if systemctl cat dlami-nvme.service >/dev/null 2>&1; then timeout ${PATIENCE_SECONDS} systemctl start dlami-nvme.service; fi
  if mountpoint -q ${imageStorage}; then
    install -d ${imageStorage}/${LABEL} &&
      mount --bind -o nodev,nosuid ${imageStorage}/${LABEL} ${work} &&
      mounted='${imageStorage}/${LABEL} ${work} none bind,x-systemd.after=dlami-nvme.service'
  else
    name=\${1#${blockDevices}/}
    mkfs.xfs -q -K -L ${LABEL} "${devices}/\${name%%/*}" &&
      mount -o nodev,nosuid "${devices}/\${name%%/*}" ${work} &&
      mounted='LABEL=${LABEL} ${work} xfs defaults'
  fi
}
models=$(grep -ls '${MODEL}' ${blockDevices}/nvme*/device/model || true)
if [ -z "$models" ]; then
  step 'the work directory is on the root volume: there is no instance storage'
elif use_instance_storage "$models"; then
  echo "$mounted,nodev,nosuid,nofail,x-systemd.before=spotpool-worker.service 0 0" >>${fstab}
  step 'the work directory is on instance storage'
else
  step 'the work directory is on the root volume: the instance storage could not be used'
fi
install -d -o spotpool -g spotpool ${work}
df -h ${work}
`;
