/**
 * What runs after each end of the worker, as root, with the unit's environment: its log goes to the bucket, and the instance ends unless the worker is to be
 * started again. The unit cannot say that itself: with systemd 252, which Amazon Linux 2023 has, SuccessAction and FailureAction act before each
 * restart too (https://github.com/systemd/systemd/issues/11419; docs/decisions/0009-…).
 */
import { instancesPrefix } from '../../core/contract/keys.js';
import type { BootPaths } from './paths.js';
import { EXIT_MISUSE } from './worker-unit.js';

/** A log that cannot be put must not keep an instance that is to end. */
export const LOG_PATIENCE_SECONDS = 10;
/** The last words of a worker that was started a few times over. */
const LAST_LINES = 500;

/**
 * It runs as root after programs that nobody knows, and systemd leaves it their HOME and their directory: a model's ~/.aws/config could name a program
 * for the AWS CLI to run, its ~/.local a module for Python to load. So nothing is read from where the worker's user may write. The other variables are
 * systemd's and the boot script's own.
 */
export const lastWords = ({ workerLog }: BootPaths): string => `#!/bin/bash
export HOME=/root AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null
cd /
journalctl -u spotpool-worker -n ${LAST_LINES} --no-pager -o cat >'${workerLog}'
timeout ${LOG_PATIENCE_SECONDS} aws s3 cp --only-show-errors '${workerLog}' "s3://$SPOTPOOL_BUCKET/${instancesPrefix}$SPOTPOOL_INSTANCE/worker.log"
if [ "$SERVICE_RESULT" = success ] || [ "$EXIT_STATUS" = ${EXIT_MISUSE} ]; then systemctl --no-block poweroff; fi
`;
