/**
 * Installs a peer into .peers/<pins>/, once for each lock and interpreter. Invariant: the stamp is written last and
 * names both, so that a folder with the right stamp is complete and matches the lock.
 */
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { lastLines, startGroup } from '../support/process-group.js';
import { type Installable, pinsOf, versionOf } from './catalogue.js';
import { findPython } from './python.js';

/** A peer cannot run here; the message says why. */
export class PeerUnavailable extends Error {
  override readonly name = 'PeerUnavailable';
}

const LOCKS = { npm: 'package-lock.json', pip: 'requirements.txt' } as const;
const STAMP = 'installed';
/** LocalStack consists of 500 MB of wheels, which take a minute on a fast connection. */
const INSTALL_TIMEOUT_MS = 900_000;
const INSTALL_POLL_MS = 50;
/** Without a network pip finally reports that the version does not exist. */
const UNREACHED = /from versions: none|ENOTFOUND|ECONNREFUSED|EAI_AGAIN|ETIMEDOUT/;

/** Returns the folder that it is installed in. */
export async function install(peer: Installable): Promise<string> {
  const interpreter = peer.installer === 'npm' ? nodeFor(peer) : pythonFor(peer);
  const folder = path.resolve('.peers', path.basename(pinsOf(peer)));
  const stamp = `${interpreter.stamp}\n${readFileSync(path.join(pinsOf(peer), LOCKS[peer.installer]), 'utf8')}`;
  const stampFile = path.join(folder, STAMP);
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp) return folder;
  process.stderr.write(`Installing ${peer.name} ${versionOf(peer)} into .peers/ …\n`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  cpSync(pinsOf(peer), folder, { recursive: true });
  if (peer.installer === 'npm') {
    await run(folder, ['npm', 'ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']);
  } else {
    await run(folder, [interpreter.file, '-m', 'venv', 'venv']);
    // The path is absolute, because systems differ in how they resolve a relative one for a child with another
    // working directory.
    const pip = path.join(folder, 'venv/bin/pip');
    await run(folder, [pip, 'install', '--quiet', '--disable-pip-version-check', '--require-hashes', '-r', LOCKS.pip]);
  }
  writeFileSync(stampFile, stamp);
  return folder;
}

interface Interpreter {
  readonly file: string;
  readonly stamp: string;
}

function nodeFor({ leastNode = [0, 0] }: Installable): Interpreter {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const [leastMajor, leastMinor] = leastNode;
  if (major < leastMajor || (major === leastMajor && minor < leastMinor)) {
    throw new PeerUnavailable(`It needs Node ${leastMajor}.${leastMinor} or newer.`);
  }
  return { file: process.execPath, stamp: process.execPath };
}

function pythonFor({ pythons = [] }: Installable): Interpreter {
  const found = findPython(pythons);
  if ('problem' in found) throw new PeerUnavailable(found.problem);
  const { file, version } = found.python;
  return { file, stamp: `${file} ${version}` };
}

/** The command runs in a process group of its own, so that Ctrl-C ends it and all that it started. */
async function run(cwd: string, [file = '', ...args]: readonly string[]): Promise<void> {
  const group = startGroup({ file, args, cwd });
  const deadlineMs = Date.now() + INSTALL_TIMEOUT_MS;
  while (!group.hasEnded() && Date.now() < deadlineMs) await delay(INSTALL_POLL_MS);
  const isLate = !group.hasEnded();
  await group.stop();
  if (!isLate && group.child.exitCode === 0) return;
  const reason = isLate ? `it took longer than ${INSTALL_TIMEOUT_MS / 60_000} minutes` : lastLines(group.output());
  const advice = UNREACHED.test(group.output()) ? ' Check that its package index can be reached.' : '';
  throw new PeerUnavailable(`The installation failed: ${path.basename(file)} ${args.join(' ')}: ${reason}${advice}`);
}
