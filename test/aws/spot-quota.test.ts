import { GetServiceQuotaCommand, ServiceQuotasClient } from '@aws-sdk/client-service-quotas';
import { mockClient } from 'aws-sdk-client-mock';
import { expect, it, onTestFinished } from 'vitest';
import { makeServiceQuotasClient } from '../../aws/clients.js';
import { makeSpotQuota } from '../../aws/spot-quota.js';

it('the Spot quota is the one of standard instances', async () => {
  const quotas = mockClient(ServiceQuotasClient);
  onTestFinished(() => void quotas.restore());
  quotas.on(GetServiceQuotaCommand).resolves({ Quota: { Value: 64 } });
  expect(
    await makeSpotQuota(makeServiceQuotasClient({ region: 'eu-west-1' })).vcpus(new AbortController().signal),
  ).toBe(64);
  expect(quotas.commandCalls(GetServiceQuotaCommand)[0]?.args[0].input).toEqual({
    ServiceCode: 'ec2',
    QuotaCode: 'L-34B43A08',
  });
});
