/** The `SpotQuota` port on Service Quotas. https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/using-spot-limits.html */
import { GetServiceQuotaCommand, type ServiceQuotasClient } from '@aws-sdk/client-service-quotas';
import type { SpotQuota } from '../runner/ports.js';

/** "All Standard (A, C, D, H, I, M, R, T, Z) Spot Instance Requests". Other instances, such as those with GPUs, have other quotas. */
const STANDARD_SPOT_QUOTA = { ServiceCode: 'ec2', QuotaCode: 'L-34B43A08' } as const;

export function makeSpotQuota(client: ServiceQuotasClient): SpotQuota {
  return {
    vcpus: async (abortSignal) => {
      const { Quota } = await client.send(new GetServiceQuotaCommand(STANDARD_SPOT_QUOTA), { abortSignal });
      return Quota?.Value;
    },
  };
}
