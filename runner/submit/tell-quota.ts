/** Says when a job wants more than the account's Spot quota. A hint: it holds nothing up, and what cannot be read is left to `spotpool doctor`. */
import { quotaShortfall } from '../../core/pool/spot-quota.js';
import type { SpotQuota } from '../ports.js';

/** Service Quotas answers in well under a second; nobody waits for a hint. */
const ANSWER_WITHIN_MS = 5_000;

export interface QuotaLook {
  /** The sentence to show, if any. */
  shortfall(instances: number): Promise<string | undefined>;
}

/** Asks at once, so that the answer is there when it is wanted. */
export function lookAtQuota(
  quota: SpotQuota | undefined,
  vcpusEach: number | undefined,
  signal: AbortSignal,
): QuotaLook {
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
