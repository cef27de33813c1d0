/**
 * This script runs after each end of the worker, as root, with the unit's environment. It uploads the log to the bucket, and ends the instance unless
 * systemd starts the worker again. The unit cannot do that itself: with systemd 252, which Amazon Linux 2023 has, SuccessAction and FailureAction act before
 * each restart too (https://github.com/systemd/systemd/issues/11419; docs/decisions/0009-…).
 */
import { instancesPrefix } from '../../core/contract/keys.js';
import type { BootPaths } from './paths.js';
import { EXIT_MISUSE } from './worker-unit.js';

/** A log that cannot be uploaded must not keep an instance from ending. */
export const LOG_PATIENCE_SECONDS = 10;
/** These are enough lines for a worker that was started several times. */
const LAST_LINES = 500;

/**
 * The script runs as root after unknown programs, and systemd leaves it their HOME and their directory. A model's ~/.aws/config could name a program for the
 * AWS CLI to run, and its ~/.local a module for Python to load. So the script reads nothing from places where the worker's user may write. The other
 * variables come from systemd and the boot script.
 */
export const lastWords = ({ workerLog }: BootPaths): string => `#!/bin/bash
export HOME=/root AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null
cd /
journalctl -u spotpool-worker -u spotpool-watcher -n ${LAST_LINES} --no-pager -o cat >'${workerLog}'
timeout ${LOG_PATIENCE_SECONDS} aws s3 cp --only-show-errors '${workerLog}' "s3://$SPOTPOOL_BUCKET/${instancesPrefix}$SPOTPOOL_INSTANCE/worker.log"
if [ "$SERVICE_RESULT" = success ] || [ "$EXIT_STATUS" = ${EXIT_MISUSE} ]; then systemctl --no-block poweroff; fi
`;
