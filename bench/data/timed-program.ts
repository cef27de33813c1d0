/** Runs a program to its end, and measures its time and the CPU time of all its processes. */
import { setTimeout as delay } from 'node:timers/promises';
import { lastLines, startGroup } from '../support/process-group.js';

export interface ProgramRun {
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly stdout: string;
}

export interface Program {
  readonly file: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

const TIMEOUT_MS = 1_800_000;
const LOOK_EVERY_MS = 20;
/** The second line of `times` has the time of the ended children: user, then system. */
const SCRIPT = '"$@"; code=$?; echo; echo times:; times; exit $code';
const TIMES = /times:\n.*\n(\d+)m([\d.]+)s (\d+)m([\d.]+)s\s*$/;

export async function runTimed({ file, args, ...how }: Program): Promise<ProgramRun> {
  const beganMs = performance.now();
  const group = startGroup({ file: 'bash', args: ['-c', SCRIPT, 'bash', file, ...args], ...how });
  const deadlineMs = Date.now() + TIMEOUT_MS;
  while (!group.hasEnded() && Date.now() < deadlineMs) await delay(LOOK_EVERY_MS);
  const seconds = (performance.now() - beganMs) / 1_000;
  await group.stop();
  const found = TIMES.exec(group.stdout());
  if (group.child.exitCode !== 0 || found === null) {
    throw new Error(`${file} ended with ${group.child.exitCode ?? 'a signal'}: ${lastLines(group.output())}`);
  }
  const [userMinutes = 0, userSeconds = 0, systemMinutes = 0, systemSeconds = 0] = found.slice(1).map(Number);
  const cpuSeconds = (userMinutes + systemMinutes) * 60 + userSeconds + systemSeconds;
  return { seconds, cpuSeconds, stdout: group.stdout().slice(0, found.index) };
}
