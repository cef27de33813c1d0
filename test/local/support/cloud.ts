/** The local cloud's services on a free port, and SDK clients for them. Everything ends with `close`. */
import { EC2Client } from '@aws-sdk/client-ec2';
import { S3Client } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';
import { startServer, type Delay, type Services } from '../../../local/http/server.js';

/** Credentials for clients of a service that checks no signature. */
export const testCredentials = { accessKeyId: 'test', secretAccessKey: 'test' } as const;
export const testRegion = 'us-east-1';

export interface TestCloud {
  readonly endpoint: string;
  readonly port: number;
  /** Each call creates a client of its own, with its own connections. */
  sqs(): SQSClient;
  s3(): S3Client;
  ec2(): EC2Client;
  /** Ends the clients and the server; the creator of a service must close its state. */
  close(): Promise<void>;
}

export async function startTestCloud(services: Services, options: { readonly delay?: Delay } = {}): Promise<TestCloud> {
  const server = await startServer(services, { port: 0, ...options });
  // There is only one attempt, because a retry would hide an error of the server.
  const config = { endpoint: server.endpoint, region: testRegion, credentials: testCredentials, maxAttempts: 1 };
  const clients: { destroy(): void }[] = [];
  const kept = <Client extends { destroy(): void }>(client: Client): Client => {
    clients.push(client);
    return client;
  };
  return {
    endpoint: server.endpoint,
    port: server.port,
    sqs: () => kept(new SQSClient(config)),
    s3: () => kept(new S3Client({ ...config, forcePathStyle: true })),
    ec2: () => kept(new EC2Client(config)),
    close: async () => {
      for (const client of clients) client.destroy();
      await server.close();
    },
  };
}
