/** The `StackController` port on the stack's Lambda function. */
import { InvokeCommand, type LambdaClient } from '@aws-sdk/client-lambda';
import type { StackController } from '../runner/ports.js';

export class LambdaController implements StackController {
  constructor(
    private readonly client: LambdaClient,
    private readonly functionName: string,
  ) {}

  /** As an event: Lambda queues it and answers at once. https://docs.aws.amazon.com/lambda/latest/dg/invocation-async.html */
  async wake(signal: AbortSignal): Promise<void> {
    await this.client.send(
      new InvokeCommand({
        FunctionName: this.functionName,
        InvocationType: 'Event',
        Payload: JSON.stringify({ source: 'spotpool.submit' }),
      }),
      { abortSignal: signal },
    );
  }
}
