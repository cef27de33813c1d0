import { GetServiceQuotaCommand, ServiceQuotasClient } from '@aws-sdk/client-service-quotas';
import { expect, it } from 'vitest';
import { makeServiceQuotasClient } from '../../aws/clients.js';
import { makeSpotQuota } from '../../aws/spot-quota.js';
import { mockedClient } from '../support/mocked-client.js';

const quotas = mockedClient(ServiceQuotasClient);

it.each([
  ['standard', 'L-34B43A08'],
  ['g', 'L-3819A6DF'],
  ['p', 'L-7212CCBC'],
  ['p5', 'L-C4BD4855'],
] as const)('the Spot quota of %s instances has the code %s', async (quota, code) => {
  quotas.on(GetServiceQuotaCommand).resolves({ Quota: { Value: 64 } });
  const port = makeSpotQuota(makeServiceQuotasClient({ region: 'eu-west-1' }));
  expect(await port.vcpus(quota, new AbortController().signal)).toBe(64);
  expect(quotas.commandCalls(GetServiceQuotaCommand).at(-1)?.args[0].input).toEqual({
    ServiceCode: 'ec2',
    QuotaCode: code,
  });
});
