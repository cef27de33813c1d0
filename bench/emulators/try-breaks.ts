/** `--breaks`: applies each break to a copy of the repository, runs the end-to-end suite on it, and records which tests fail. */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import os from 'node:os';
import path from 'node:path';
import { startGroup } from '../support/process-group.js';
import { type Break, BREAKS, broken, type Caught, readCaught, writeCaught } from './breaks.js';
import type { Found } from './find.js';
import { judgeEndToEnd } from './judge.js';
import { runEndToEnd } from './suites.js';

/**
 * Resolves with whether the suite caught every break. Each break gets a new emulator, because a suite that stops early leaves data behind. The
 * suite stops at the first test that fails: one is enough, and some breaks make every test wait until its timeout.
 */
export async function tryBreaks(
  start: () => Promise<Found>,
  filters: readonly string[],
  say: (line: string) => void,
): Promise<boolean> {
  const copy = copyRepository();
  const caught: Caught[] = [];
  try {
    for (const one of BREAKS) {
      say(`Trying: ${one.title} …`);
      const found = await start();
      const by = await testsThatFail(one, copy, found, filters);
      await found.group?.stop();
      const now = { title: one.title, emulator: found.emulator.name, version: found.version, by };
      caught.push(now);
      // Each result is written at once, so that a run that is interrupted keeps its results.
      const others = readCaught().filter(({ title, emulator }) => title !== now.title || emulator !== now.emulator);
      writeCaught([...others, now]);
      say(by.length === 0 ? '  NOTHING failed.' : by.map((test) => `  failed: ${test}`).join('\n'));
    }
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
  return caught.every(({ by }) => by.length > 0);
}

/** Copies the working tree, with the installed packages, so that the working tree itself is never broken. */
function copyRepository(): string {
  const root = process.cwd();
  const copy = mkdtempSync(path.join(os.tmpdir(), 'spotpool-broken-'));
  process.once('exit', () => rmSync(copy, { recursive: true, force: true })); // This also runs when the command is interrupted.
  const listed = spawnSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    encoding: 'utf8',
  });
  for (const file of listed.stdout.split('\0').filter((name) => name !== '' && name !== 'node_modules')) {
    mkdirSync(path.dirname(path.join(copy, file)), { recursive: true });
    cpSync(path.join(root, file), path.join(copy, file));
  }
  symlinkSync(path.join(root, 'node_modules'), path.join(copy, 'node_modules'));
  return copy;
}

async function testsThatFail(one: Break, copy: string, found: Found, filters: readonly string[]): Promise<string[]> {
  const file = path.join(copy, one.file);
  const whole = readFileSync(file, 'utf8');
  writeFileSync(file, broken(whole, one));
  try {
    const build = startGroup({ file: process.execPath, args: ['scripts/build.mjs'], cwd: copy });
    await new Promise((resolve) => build.child.once('exit', resolve));
    await build.stop();
    if (build.child.exitCode !== 0)
      throw new Error(`The build fails with the break "${one.title}":\n${build.output()}`);
    const { findings } = judgeEndToEnd(
      await runEndToEnd(found, filters.length === 0 ? [one.testFiles] : filters, {
        root: copy,
        vitestArgs: ['--bail=1'],
      }),
    );
    // Tests after the first failure did not run, and have no result.
    return findings.filter(({ what }) => !what.startsWith('not run')).map(({ test }) => test);
  } finally {
    writeFileSync(file, whole);
  }
}
