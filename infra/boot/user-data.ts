/**
 * The boot script runs on an instance before its worker. It knows the names of its pool, and nothing of the worker's code or of any model. It finds the worker
 * through a pointer in the bucket, so it never changes when only the worker or a model changes.
 *
 * Invariants:
 * - The power-off at the end of the instance's longest life is armed before anything else can fail.
 * - Any failure ends the instance, after its boot log was uploaded to `fleet/instances/<id>/boot.log`, so no broken instance idles.
 * - Only a bundle with the digest that the pointer names runs, and root neither runs nor unpacks any of it.
 */
import { ALIVE_VARIABLE, watchWorker } from '../../core/contract/alive-file.js';
import { instancesPrefix, workerPointerKey, workersPrefix } from '../../core/contract/keys.js';
import { LOG_PATIENCE_SECONDS, lastWords } from './last-words.js';
import { installPackages, type InstallOptions, waitForPackages } from './install-packages.js';
import { bootPaths, type BootPaths } from './paths.js';
import { prepareGpus } from './prepare-gpus.js';
import { placeWorkDirectory } from './work-directory.js';
import { watcherUnit, workerUnit } from './worker-unit.js';

export interface UserDataOptions extends InstallOptions {
  readonly region: string;
  readonly queueUrl: string;
  readonly bucket: string;
  readonly maxIdleSeconds: number;
  readonly maxLifeSeconds: number;
  /** The instances have NVIDIA GPUs. */
  readonly gpus: boolean;
  /** A test puts all paths below this directory instead of `/`. */
  readonly root?: string;
}

/** The worker ends its instance at its longest life. The system does so this much later, in case the worker hangs. */
const LIFE_GRACE_MINUTES = 10;

export function userData(options: UserDataOptions): string {
  const paths = bootPaths(options.root);
  const parts = [
    prologue(options, paths),
    installPackages(options, paths),
    identify,
    fetchWorker(paths),
    placeWorkDirectory(paths),
    ...(options.gpus ? [prepareGpus] : []),
    writeFiles(options, paths),
    start,
  ];
  return parts.join('\n');
}

const prologue = (
  { region, bucket, maxLifeSeconds }: UserDataOptions,
  { bootLog, atEachBoot }: BootPaths,
): string => `#!/bin/bash
set -eu
shutdown -P +${powerOffMinutes(maxLifeSeconds)} || systemctl poweroff
export AWS_REGION='${region}' AWS_DEFAULT_REGION='${region}' AWS_MAX_ATTEMPTS=10
bucket='${bucket}'
instance=unknown
step() { echo "$(cut -d' ' -f1 /proc/uptime) s: $1"; }
copy() { aws s3 cp --only-show-errors "$1" "$2"; }
# On a full disk even an echo fails: nothing in here may keep the power-off from its turn.
end() {
  status=$?
  set +e
  step "the boot script ends with $status"
  timeout ${LOG_PATIENCE_SECONDS} aws s3 cp --only-show-errors ${bootLog} "s3://$bucket/${instancesPrefix}$instance/boot.log"
  if [ "$status" -ne 0 ]; then systemctl poweroff; fi
}
trap end EXIT
exec >>${bootLog} 2>&1
# A reboot forgets the power-off, and runs no user data.
mkdir -p ${atEachBoot}
printf '#!/bin/sh\\nshutdown -P +${powerOffMinutes(maxLifeSeconds)} || systemctl poweroff\\n' >${atEachBoot}/spotpool-power-off
chmod +x ${atEachBoot}/spotpool-power-off
`;

const powerOffMinutes = (maxLifeSeconds: number): number => Math.ceil(maxLifeSeconds / 60) + LIFE_GRACE_MINUTES;

/** Addresses and tokens are secrets on a local cloud, so they are not arguments, which every user of a machine can read. */
const identify = `step 'asking for the identity'
imds=\${AWS_EC2_METADATA_SERVICE_ENDPOINT:-http://169.254.169.254}
ask() { printf 'url = "%s/latest/%s"\\nheader = "%s"\\n' "$imds" "$1" "$2" | curl -sSf --retry 5 -X "$3" -K -; }
token=$(ask api/token 'X-aws-ec2-metadata-token-ttl-seconds: 300' PUT)
instance=$(ask meta-data/instance-id "X-aws-ec2-metadata-token: $token" GET)
`;

/**
 * The worker's user unpacks the bundle, so that no file of it belongs to root, or gives its owner's rights to whoever runs it.
 */
const fetchWorker = ({ code, settings, home, work }: BootPaths): string => `step 'fetching the worker'
mkdir -p ${code} ${settings}
cd ${code}
command -v aws >/dev/null || wait "$installing"
sha256=
if copy "s3://$bucket/${workerPointerKey}" pointer.json; then
  sha256=$(sed -n 's/.*"sha256" *: *"\\([0-9a-f]\\{64\\}\\)".*/\\1/p' pointer.json)
fi
if [ -z "$sha256" ]; then
  echo '${workerPointerKey} is not there, or names no sha256: submit a job with a current spotpool, which publishes the worker.'
  exit 1
fi
copy "s3://$bucket/${workersPrefix}$sha256/worker.tar.gz" worker.tar.gz
echo "$sha256  worker.tar.gz" | sha256sum -c -
id spotpool >/dev/null 2>&1 || useradd --system --create-home --home-dir ${home} spotpool
install -d -o spotpool -g spotpool ${home} ${work} ${code}/worker
runuser -u spotpool -- tar -xzf - -C ${code}/worker --no-same-owner --no-same-permissions <worker.tar.gz
`;

const writeFiles = (
  { queueUrl, maxIdleSeconds, maxLifeSeconds, python }: UserDataOptions,
  paths: BootPaths,
): string => `step 'writing the unit'
cat >${paths.settings}/worker.env <<END
AWS_REGION=$AWS_REGION
SPOTPOOL_INSTANCE=$instance
SPOTPOOL_WORKER_SHA256=$sha256
SPOTPOOL_QUEUE_URL=${queueUrl}
SPOTPOOL_BUCKET=$bucket
SPOTPOOL_MAX_IDLE_SECONDS=${maxIdleSeconds}
SPOTPOOL_MAX_LIFE_SECONDS=${maxLifeSeconds}
SPOTPOOL_WORK_DIRECTORY=${paths.work}
SPOTPOOL_PYTHON=${paths.python}${python}
${ALIVE_VARIABLE}=${paths.alive}
END
cat >${paths.lastWords} <<'END'
${lastWords(paths)}END
chmod +x ${paths.lastWords}
cat >${paths.unit} <<'END'
${workerUnit(paths)}END
cat >${paths.watcher} <<'END'
${watchWorker()}END
cat >${paths.watcherUnit} <<'END'
${watcherUnit(paths)}END
`;

const start = `systemctl daemon-reload
${waitForPackages}step 'starting the worker'
# Enabled too: an instance that reboots works on, or ends itself.
systemctl enable --now spotpool-worker.service spotpool-watcher.service
step 'the worker is started'
`;
