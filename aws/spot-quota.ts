/** The `SpotQuota` port on Service Quotas. https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/using-spot-limits.html */
import { GetServiceQuotaCommand, type ServiceQuotasClient } from '@aws-sdk/client-service-quotas';
import { SPOT_QUOTAS } from '../core/contract/spot-quotas.js';
import type { SpotQuota } from '../runner/ports.js';

export function makeSpotQuota(client: ServiceQuotasClient): SpotQuota {
  return {
    vcpus: async (quota, abortSignal) => {
      const input = { ServiceCode: 'ec2', QuotaCode: SPOT_QUOTAS[quota].code };
      const { Quota } = await client.send(new GetServiceQuotaCommand(input), { abortSignal });
      return Quota?.Value;
    },
  };
}
