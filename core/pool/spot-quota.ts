/** What an account's Spot quota means for a wish. It counts vCPUs, and a fleet that meets it just stays short, without any error. */

export interface SpotWish {
  readonly instances: number;
  /** Of the smallest instance that the fleet may take. */
  readonly vcpusEach: number;
}

/** A sentence when the wish is above the quota; nothing when it fits. */
export function quotaShortfall({ instances, vcpusEach }: SpotWish, quotaVcpus: number): string | undefined {
  const wanted = instances * vcpusEach;
  if (wanted <= quotaVcpus) return undefined;
  return (
    `The account's Spot quota is ${quotaVcpus} vCPUs in this region, enough for ${Math.floor(quotaVcpus / vcpusEach)} of the ${instances} instances wanted ` +
    `(${vcpusEach} vCPUs each at least). The rest does not come. Ask for more: Service Quotas, Amazon EC2, "All Standard (A, C, D, H, I, M, R, T, Z) Spot Instance Requests".`
  );
}
