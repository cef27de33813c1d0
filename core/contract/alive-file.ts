/**
 * The file by which a worker shows that its loop turns, and the shell script that ends a worker whose loop does not: a process that is stopped, an event
 * loop that is blocked, an engine that waits for ever. The script is the same on an instance of EC2 and on one of the local cloud.
 *
 * The file holds the worker's process id and a number that grows. The script compares what it reads with what it read before, and looks at no clock, so
 * that a laptop that slept kills nothing.
 */

/** The worker writes the file this often. */
export const ALIVE_EVERY_MS = 10_000;
export const ALIVE_VARIABLE = 'SPOTPOOL_ALIVE_FILE';

const LOOK_EVERY_SECONDS = 30;
/** Three and a half minutes at most pass before a worker that hangs is killed. */
const LOOKS_UNTIL_HUNG = 6;

export const aliveText = (pid: number, turns: number): string => `${pid} ${turns}\n`;

/**
 * `lookEverySeconds` is shorter in tests. The file is removed with its worker, so that no other process is taken for it. At a SIGTERM the script ends at
 * once, and leaves no process behind: whoever reads its output would wait for that process.
 */
export const watchWorker = (lookEverySeconds = LOOK_EVERY_SECONDS): string => `last=
same=0
trap 'kill -KILL $! 2>/dev/null; exit' TERM
while
  sleep ${lookEverySeconds} &
  wait $!
do
  now=$(cat "$${ALIVE_VARIABLE}" 2>/dev/null)
  if [ -n "$now" ] && [ "$now" = "$last" ]; then same=$((same + 1)); else same=0; fi
  last=$now
  [ $same -ge ${LOOKS_UNTIL_HUNG} ] || continue
  same=0
  pid=\${now%% *}
  case $pid in
    '' | *[!0-9]*) ;;
    *)
      echo "spotpool: the worker (process $pid) hangs: its loop has not turned for ${LOOKS_UNTIL_HUNG * lookEverySeconds} s. It is killed."
      kill -KILL "$pid"
      rm -f "$${ALIVE_VARIABLE}"
      ;;
  esac
done
`;
