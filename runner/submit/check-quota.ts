/**
 * Warns when a job needs more vCPUs than the account's Spot quotas allow. This is only a hint: it delays nothing, and it is silent
 * when a quota cannot be read. `spotpool doctor` reports that.
 */
import type { QuotaNeed } from '../../core/contract/spot-quotas.js';
import { type QuotaFound, quotaShortfall } from '../../core/pool/spot-quota.js';
import type { SpotQuota } from '../ports.js';
import { joinSignals } from '../signals.js';

/** Service Quotas usually answers in well under a second, and a hint is not worth a longer wait. */
const ANSWER_WITHIN_MS = 5_000;

export interface QuotaCheck {
  /** The warning to show, or undefined. */
  shortfall(instances: number): Promise<string | undefined>;
}

/** Sends the requests at once, so that the answers have arrived when they are needed. */
export function checkQuota(quota: SpotQuota | undefined, needs: readonly QuotaNeed[], signal: AbortSignal): QuotaCheck {
  const asked =
    quota === undefined
      ? Promise.resolve([])
      : readQuotas(quota, needs, joinSignals([signal, AbortSignal.timeout(ANSWER_WITHIN_MS)])).catch(() => []);
  return { shortfall: async (instances) => quotaShortfall(instances, await asked) };
}

/** The quotas that the account has, of those that are needed. */
export async function readQuotas(
  quota: SpotQuota,
  needs: readonly QuotaNeed[],
  signal: AbortSignal,
): Promise<readonly QuotaFound[]> {
  const found = await Promise.all(
    needs.map(async (need) => ({ ...need, vcpus: await quota.vcpus(need.quota, signal) })),
  );
  return found.flatMap(({ vcpus, ...need }) => (vcpus === undefined ? [] : [{ ...need, vcpus }]));
}
