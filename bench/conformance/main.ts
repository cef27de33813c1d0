/**
 * `npm run conformance [-- --peers] [-- filters]` runs the suite in test/conformance/ against the endpoint in
 * ENDPOINT, or against a local cloud in a process of its own. With --peers it runs against the local cloud and then
 * against each peer that can run here, and writes docs/reports/conformance.md. It exits with code 0 only if the endpoint,
 * or the local cloud, passes all tests.
 */
import { existsSync, writeFileSync } from 'node:fs';
import { format, resolveConfig } from 'prettier';
import { PEERS, type Peer, SERVICES, versionOf } from '../peers/catalogue.js';
import { PeerUnavailable } from '../peers/install.js';
import { startPeer } from '../peers/start.js';
import { type LocalCloudProcess, startLocalCloudProcess } from '../support/local-cloud.js';
import { endOnSignals, stopAll } from '../support/process-group.js';
import { type Column, conformancePage, failuresIn, type LeftOut, printedReport } from './report.js';
import { runSuite } from './run-suite.js';

const PAGE = 'docs/reports/conformance.md';
/** The local cloud takes well under a minute; a slow machine may take several. */
const OWN_LIMIT_MS = 600_000;
/** A peer that hangs at every test is cut off: the tests that it did not reach count as failed. */
const PEER_LIMIT_MS = 600_000;
async function main(args: readonly string[]): Promise<number> {
  const withPeers = args.includes('--peers');
  const filters = args.filter((arg) => arg !== '--peers');
  const endpoint = process.env['ENDPOINT'];
  if (withPeers && endpoint !== undefined) {
    process.stderr.write('--peers compares with the local cloud. Unset ENDPOINT, or omit --peers.\n');
    return 2;
  }
  const columns = [endpoint === undefined ? await localCloud(filters) : await given(endpoint, filters)];
  const leftOut: LeftOut[] = [];
  for (const peer of withPeers ? PEERS : []) {
    try {
      columns.push(await measured(peer, filters));
    } catch (error) {
      if (!(error instanceof PeerUnavailable)) throw error;
      leftOut.push({ title: titleOf(peer), reason: error.message });
    }
  }
  process.stdout.write(`${printedReport(columns, leftOut)}\n`);
  const failures = failuresIn(columns[0]?.result ?? []);
  if (withPeers && filters.length === 0) await writePage(columns, leftOut, failures);
  return failures === 0 && (columns[0]?.result.length ?? 0) > 0 ? 0 : 1;
}

async function given(endpoint: string, filters: readonly string[]): Promise<Column> {
  const credentials = {
    accessKeyId: process.env['AWS_ACCESS_KEY_ID'] ?? 'test',
    secretAccessKey: process.env['AWS_SECRET_ACCESS_KEY'] ?? 'test',
  };
  const result = await runSuite({ endpoint, credentials }, { filters, limitMs: OWN_LIMIT_MS });
  return { title: endpoint, services: 'all', result };
}

async function localCloud(filters: readonly string[]): Promise<Column> {
  const cloud: LocalCloudProcess = await startLocalCloudProcess();
  const result = await runSuite(cloud, { filters, limitMs: OWN_LIMIT_MS });
  await cloud.group.stop();
  return { title: 'local cloud', services: 'all', result };
}

async function measured(peer: Peer, filters: readonly string[]): Promise<Column> {
  process.stderr.write(`Against ${titleOf(peer)} …\n`);
  const folders = peer.services
    .filter((service) => SERVICES.includes(service) && existsSync(`test/conformance/${service}`))
    .map((service) => `test/conformance/${service}/`);
  const running = await startPeer(peer);
  const run = runSuite(running, {
    filters: filters.length === 0 ? folders : filters,
    limitMs: PEER_LIMIT_MS,
    // A test that breaks a peer must not affect the tests of another file.
    vitestArgs: ['--no-file-parallelism'],
  });
  const ends = await running.revive(run);
  // The filters may name services that the peer lacks.
  const result = (await run).filter(({ service }) => peer.services.some((served) => served === service));
  await running.group.stop();
  return { title: titleOf(peer), services: peer.services, result, ends };
}

const titleOf = (peer: Peer): string => `${peer.name} ${versionOf(peer)}`;

async function writePage(columns: readonly Column[], leftOut: readonly LeftOut[], failures: number): Promise<void> {
  if (failures > 0) {
    process.stderr.write(`${PAGE} was not written, because the local cloud failed tests.\n`);
    return;
  }
  const options = await resolveConfig(PAGE);
  writeFileSync(PAGE, await format(conformancePage(columns, leftOut), { ...options, parser: 'markdown' }));
  process.stderr.write(`Wrote ${PAGE}.\n`);
}

endOnSignals();
try {
  process.exitCode = await main(process.argv.slice(2));
} finally {
  await stopAll();
}
