/** A local SQS with a clock that the test drives. */
import type { SQSClient } from '@aws-sdk/client-sqs';
import type { NewMessage } from '../../../local/sqs/queue.js';
import { createSqsService } from '../../../local/sqs/service.js';
import { SqsStore, type SqsStoreOptions } from '../../../local/sqs/store.js';
import { startTestCloud, type TestCloud } from './cloud.js';
import { FakeClock } from './fake-clock.js';

export interface TestSqs {
  readonly cloud: TestCloud;
  readonly store: SqsStore;
  readonly clock: FakeClock;
  readonly client: SQSClient;
  close(): Promise<void>;
}

export async function startTestSqs(options: Omit<SqsStoreOptions, 'clock'> = {}): Promise<TestSqs> {
  const clock = new FakeClock();
  const store = new SqsStore({ ...options, clock });
  const cloud = await startTestCloud({ sqs: createSqsService({ store }) });
  return {
    cloud,
    store,
    clock,
    client: cloud.sqs(),
    close: async () => {
      await cloud.close();
      store.close();
    },
  };
}

/** Builds a message as the service reads it. */
export const newMessage = (body: string, delayMs = 0): NewMessage => ({
  content: { body, groupId: undefined, attributes: undefined, traceHeader: undefined },
  delayMs,
});
