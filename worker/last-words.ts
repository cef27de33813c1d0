/** The program that runs after the end of a worker (R4): it wires environment → store → loss marks. It is bundled beside the worker, and outlives it. */
import { tmpdir } from 'node:os';
import { makeS3Client } from '../aws/clients.js';
import { S3ObjectStore } from '../aws/s3-object-store.js';
import { errorText } from '../core/error-text.js';
import { readConfig } from './config.js';
import { markLosses } from './losses/mark-losses.js';
import { systemClock } from './system-clock.js';

/** The script that ends the instance waits for this program. */
const PATIENCE_MS = 10_000;
/** systemd's word for a worker that did not end within its time when it was asked to. Such an end is no loss. */
const ENDED_BY_ORDER = 'timeout';

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // A process of another user lives, too.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

try {
  const config = readConfig(process.env);
  if (process.env['SERVICE_RESULT'] !== ENDED_BY_ORDER) {
    await markLosses({
      directory: config.workDirectory ?? tmpdir(),
      store: new S3ObjectStore(makeS3Client(config), config.bucket),
      nowMs: systemClock.nowMs(),
      isAlive,
      writeLine: (line) => process.stdout.write(`${line}\n`),
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
  }
} catch (error) {
  process.stderr.write(`spotpool last words: ${errorText(error)}\n`);
  process.exitCode = 1;
}
// Kept-alive sockets must not keep an instance.
process.exit();
