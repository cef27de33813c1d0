import {
  GetFunctionConfigurationCommand,
  InvokeCommand,
  LambdaClient,
  UpdateFunctionConfigurationCommand,
} from '@aws-sdk/client-lambda';
import { beforeEach, describe, expect, it } from 'vitest';
import { LambdaController, setFleetOfFunction } from '../../aws/lambda-controller.js';
import { mockedClient } from '../support/mocked-client.js';

const lambda = mockedClient(LambdaClient);
beforeEach(() => void lambda.reset());

describe("the stack's controller function", () => {
  it('is woken without being waited for', async () => {
    await new LambdaController(lambda as unknown as LambdaClient, 'controller').wake(new AbortController().signal);
    expect(lambda.commandCalls(InvokeCommand).map(({ args }) => args[0].input)).toMatchObject([
      { FunctionName: 'controller', InvocationType: 'Event' },
    ]);
  });

  it('is told of a fleet that no deploy made, and keeps the rest of its environment', async () => {
    const Variables = { SPOTPOOL_BUCKET: 'b', SPOTPOOL_FLEET_ID: 'unknown' };
    lambda.on(GetFunctionConfigurationCommand).resolves({ Environment: { Variables } });
    const told = { functionName: 'controller', fleetId: 'sfr-1' };
    await setFleetOfFunction(lambda as unknown as LambdaClient, told, new AbortController().signal);
    expect(lambda.commandCalls(UpdateFunctionConfigurationCommand).map(({ args }) => args[0].input)).toEqual([
      { FunctionName: 'controller', Environment: { Variables: { SPOTPOOL_BUCKET: 'b', SPOTPOOL_FLEET_ID: 'sfr-1' } } },
    ]);
  });
});
