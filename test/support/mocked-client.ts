/** aws-sdk-client-mock takes the client's `send` from everyone in the process, and so from other test files: given back when the file is over. */
import { mockClient } from 'aws-sdk-client-mock';
import { afterAll } from 'vitest';

/** To be called outside of tests. */
export const mockedClient: typeof mockClient = (client, options) => {
  const stub = mockClient(client, options);
  afterAll(() => {
    stub.restore();
  });
  return stub;
};
