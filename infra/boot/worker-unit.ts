/**
 * The systemd unit of the worker. However the worker ends, its instance does: well, or for a reason that a restart does not mend (last-words.ts), or badly too
 * often (StartLimitAction).
 */
import type { BootPaths } from './paths.js';

/** A crash loop is seen within a minute or two, and R10 counts the instances that it happens on. */
const STARTS = 5;
const STARTS_WITHIN_SECONDS = 600;
/** An interruption leaves two minutes: what asks the worker to stop must be through by then. */
const STOP_SECONDS = 90;
/** The worker's exit code for a configuration that is wrong: it would be wrong again. */
export const EXIT_MISUSE = 2;

/** A model that is out of memory is killed alone (OOMPolicy): the worker rebuilds it. */
export const workerUnit = ({ settings, code, node, home, lastWords }: BootPaths): string => `[Unit]
Description=spotpool worker
Wants=network-online.target
After=network-online.target
StartLimitIntervalSec=${STARTS_WITHIN_SECONDS}
StartLimitBurst=${STARTS}
StartLimitAction=poweroff

[Service]
Type=exec
User=spotpool
WorkingDirectory=${home}
EnvironmentFile=${settings}/worker.env
ExecStart=${node} ${code}/worker/worker.mjs
ExecStopPost=-+${lastWords}
Restart=on-failure
RestartSec=2
RestartPreventExitStatus=${EXIT_MISUSE}
KillMode=mixed
KillSignal=SIGTERM
TimeoutStopSec=${STOP_SECONDS}
OOMPolicy=continue
LimitNOFILE=65536
TasksMax=16384
NoNewPrivileges=yes

[Install]
WantedBy=multi-user.target
`;
