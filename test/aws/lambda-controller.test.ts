import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { mockClient } from 'aws-sdk-client-mock';
import { describe, expect, it, onTestFinished } from 'vitest';
import { LambdaController } from '../../aws/lambda-controller.js';

describe("the stack's controller function", () => {
  it('is woken without being waited for', async () => {
    const lambda = mockClient(LambdaClient);
    onTestFinished(() => void lambda.restore());
    await new LambdaController(lambda as unknown as LambdaClient, 'controller').wake(new AbortController().signal);
    expect(lambda.commandCalls(InvokeCommand).map(({ args }) => args[0].input)).toMatchObject([
      { FunctionName: 'controller', InvocationType: 'Event' },
    ]);
  });
});
