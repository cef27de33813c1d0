/** The `StackController` port on the stack's Lambda function. */
import {
  GetFunctionConfigurationCommand,
  InvokeCommand,
  type LambdaClient,
  UpdateFunctionConfigurationCommand,
} from '@aws-sdk/client-lambda';
import { environmentOf } from '../core/contract/stack-fields.js';
import type { StackController } from '../runner/ports.js';

export class LambdaController implements StackController {
  readonly #client: LambdaClient;
  readonly #functionName: string;

  constructor(client: LambdaClient, functionName: string) {
    this.#client = client;
    this.#functionName = functionName;
  }

  /** Invokes the function by an event, which Lambda queues with an answer at once. https://docs.aws.amazon.com/lambda/latest/dg/invocation-async.html */
  async wake(signal: AbortSignal): Promise<void> {
    await this.#client.send(
      new InvokeCommand({
        FunctionName: this.#functionName,
        InvocationType: 'Event',
        Payload: JSON.stringify({ source: 'spotpool.submit' }),
      }),
      { abortSignal: signal },
    );
  }
}

/** Sets the fleet in the function's environment, for a fleet that no deploy made. Lambda only replaces an environment as a whole. */
export async function setFleetOfFunction(
  client: LambdaClient,
  { functionName, fleetId }: { readonly functionName: string; readonly fleetId: string },
  abortSignal: AbortSignal,
): Promise<void> {
  const seen = await client.send(new GetFunctionConfigurationCommand({ FunctionName: functionName }), { abortSignal });
  const Variables = { ...seen.Environment?.Variables, ...environmentOf({ fleetId }) };
  await client.send(
    new UpdateFunctionConfigurationCommand({ FunctionName: functionName, Environment: { Variables } }),
    {
      abortSignal,
    },
  );
}
