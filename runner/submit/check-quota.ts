/**
 * Warns when a job needs more vCPUs than the account's Spot quota allows. This is only a hint: it delays nothing, and it is silent
 * when the quota cannot be read. `spotpool doctor` reports that.
 */
import { quotaShortfall } from '../../core/pool/spot-quota.js';
import type { SpotQuota } from '../ports.js';

/** Service Quotas usually answers in well under a second, and a hint is not worth a longer wait. */
const ANSWER_WITHIN_MS = 5_000;

export interface QuotaCheck {
  /** The warning to show, or undefined. */
  shortfall(instances: number): Promise<string | undefined>;
}

/** Sends the request at once, so that the answer has arrived when it is needed. */
export function checkQuota(
  quota: SpotQuota | undefined,
  vcpusEach: number | undefined,
  signal: AbortSignal,
): QuotaCheck {
  const asked =
    quota === undefined || vcpusEach === undefined
      ? Promise.resolve(undefined)
      : quota.vcpus(AbortSignal.any([signal, AbortSignal.timeout(ANSWER_WITHIN_MS)])).catch(() => undefined);
  return {
    shortfall: async (instances) => {
      const vcpus = await asked;
      return vcpus === undefined || vcpusEach === undefined
        ? undefined
        : quotaShortfall({ instances, vcpusEach }, vcpus);
    },
  };
}
