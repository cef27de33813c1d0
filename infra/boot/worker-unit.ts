/**
 * The systemd unit of the worker. The instance ends when the worker ends well, when it ends for a reason that a restart does not repair (last-words.ts), and
 * when it fails too often (StartLimitAction).
 */
import type { BootPaths } from './paths.js';

/** These bounds find a crash loop within a minute or two. R10 counts the instances with one. */
const STARTS = 5;
const STARTS_WITHIN_SECONDS = 600;
/** An interruption leaves two minutes, and the stop of the worker must end before. */
const STOP_SECONDS = 90;
/**
 * A dead worker's losses are marked in this time, by a program of its own bundle and as its user (R4). systemd skips the commands after one that exceeds the
 * stop's time, and the instance would not end. So this command has a limit of its own, and its failure is ignored. An older bundle has no such program.
 */
const MARK_SECONDS = 20;
/** The worker's exit code for a wrong configuration, which a restart would not repair. */
export const EXIT_MISUSE = 2;

/** With this OOMPolicy, a model that is out of memory is killed alone, and the worker starts it again. */
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
RuntimeDirectory=spotpool
WorkingDirectory=${home}
EnvironmentFile=${settings}/worker.env
ExecStart=${node} ${code}/worker/worker.mjs
ExecStopPost=-timeout -k 5 ${MARK_SECONDS} ${node} ${code}/worker/last-words.mjs
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

/** It runs as the worker's user, so it can kill no process of another user, whatever the file says. */
export const watcherUnit = ({ settings, watcher }: BootPaths): string => `[Unit]
Description=spotpool: kills the worker when it hangs
After=spotpool-worker.service

[Service]
User=spotpool
EnvironmentFile=${settings}/worker.env
ExecStart=/bin/sh ${watcher}
Restart=always
NoNewPrivileges=yes

[Install]
WantedBy=multi-user.target
`;
