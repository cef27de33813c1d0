import { GetServiceQuotaCommand, ServiceQuotasClient } from '@aws-sdk/client-service-quotas';
import { expect, it } from 'vitest';
import { makeServiceQuotasClient } from '../../aws/clients.js';
import { makeSpotQuota } from '../../aws/spot-quota.js';
import { mockedClient } from '../support/mocked-client.js';

const quotas = mockedClient(ServiceQuotasClient);

it('the Spot quota is the one of standard instances', async () => {
  quotas.on(GetServiceQuotaCommand).resolves({ Quota: { Value: 64 } });
  expect(
    await makeSpotQuota(makeServiceQuotasClient({ region: 'eu-west-1' })).vcpus(new AbortController().signal),
  ).toBe(64);
  expect(quotas.commandCalls(GetServiceQuotaCommand)[0]?.args[0].input).toEqual({
    ServiceCode: 'ec2',
    QuotaCode: 'L-34B43A08',
  });
});
