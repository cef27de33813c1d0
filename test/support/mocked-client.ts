/** aws-sdk-client-mock replaces a client's `send` in the whole process, and so for other test files, too. This restores it at the end of the file. */
import { mockClient } from 'aws-sdk-client-mock';
import { afterAll } from 'vitest';

/** Call it at the top level of a test file, outside of tests. */
export const mockedClient: typeof mockClient = (client, options) => {
  const stub = mockClient(client, options);
  afterAll(() => {
    stub.restore();
  });
  return stub;
};
