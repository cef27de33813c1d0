/**
 * The metadata service (IMDSv2) of an instance, for a worker that is started here directly. It shows a notice when
 * the benchmark asks for one.
 */
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { REGION } from './cloud.js';

export interface BenchMetadata {
  readonly endpoint: string;
  /** Announces an interruption from now on, two minutes ahead, as AWS does. */
  notice(): void;
  close(): Promise<void>;
}

const NOTICE_MS = 120_000;

export async function startMetadata(instance: string): Promise<BenchMetadata> {
  const values: Record<string, string> = {
    'instance-id': instance,
    'instance-type': 'c7g.large',
    'placement/availability-zone': `${REGION}a`,
    'placement/region': REGION,
  };
  const server = http.createServer((request, response) => {
    if (request.method === 'PUT') return response.end('token');
    const value = values[(request.url ?? '').replace('/latest/meta-data/', '')];
    return response.writeHead(value === undefined ? 404 : 200).end(value);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  // A failed benchmark must be able to end.
  server.unref();
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    notice: () => {
      const time = new Date(Date.now() + NOTICE_MS).toISOString();
      values['spot/instance-action'] = JSON.stringify({ action: 'terminate', time });
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
