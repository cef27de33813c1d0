/**
 * The local cloud's process. It prints one JSON line when it is ready. It ends on SIGTERM, SIGINT, a shutdown over
 * HTTP, or (with --end-with-stdin) the end of its standard input: in order, together with everything that it
 * started.
 */
import { startLocalCloud } from './cloud.js';
import { DataInUse } from './data-directory.js';
import { type LocalCloudOptions, parseOptions, UsageError } from './options.js';

const EXIT_MISUSE = 2;
/** Another process uses the data directory. */
const EXIT_IN_USE = 3;

async function main(options: LocalCloudOptions): Promise<void> {
  // The signal handlers come first, because an early signal must not leave a half-started cloud behind.
  const asked = endAsked(options.endWithStdin);
  const cloud = await startLocalCloud(options).catch((error: unknown) => {
    throw (error as NodeJS.ErrnoException).code === 'EADDRINUSE' && options.port > 0
      ? new UsageError(`Port ${options.port} is in use. Choose another --port, or omit it to use any free port.`)
      : error;
  });
  process.stdout.on('error', () => undefined); // The reader of the output is gone; the end of standard input says whether to end.
  process.stdout.write(
    `${JSON.stringify({
      endpoint: cloud.endpoint,
      region: cloud.region,
      ...cloud.accessKey,
      pid: process.pid,
      directory: cloud.directory,
      start: cloud.start,
    })}\n`,
  );
  await Promise.race([asked, cloud.shutdownRequested]);
  await cloud.close();
}

function endAsked(withStdin: boolean): Promise<void> {
  return new Promise((resolve) => {
    // The handlers stay: a second Ctrl-C must not cut the end short.
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => resolve());
    if (!withStdin) return;
    process.stdin.once('end', () => resolve()).once('error', () => resolve());
    process.stdin.resume();
  });
}

try {
  await main(parseOptions(process.argv.slice(2)));
  process.exit(0);
} catch (error) {
  const isMisuse = error instanceof UsageError;
  process.stderr.write(`${isMisuse ? error.message : `The local cloud failed: ${String(error)}`}\n`);
  process.exit(error instanceof DataInUse ? EXIT_IN_USE : isMisuse ? EXIT_MISUSE : 1);
}
