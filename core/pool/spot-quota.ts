/** Checks a wanted number of instances against the account's Spot quota. The quota counts vCPUs; a fleet that reaches it stays short without any error. */

export interface SpotWish {
  readonly instances: number;
  /** The vCPUs of the smallest instance that the fleet may take. */
  readonly vcpusEach: number;
}

/** Returns a sentence when the quota is too small, and undefined when it is enough. */
export function quotaShortfall({ instances, vcpusEach }: SpotWish, quotaVcpus: number): string | undefined {
  const wanted = instances * vcpusEach;
  if (wanted <= quotaVcpus) return undefined;
  return (
    `The account's Spot quota is ${quotaVcpus} vCPUs in this region, enough for ${Math.floor(quotaVcpus / vcpusEach)} of the ${instances} instances wanted ` +
    `(${vcpusEach} vCPUs each at least). The others will not start. Request a higher quota: Service Quotas, Amazon EC2, "All Standard (A, C, D, H, I, M, R, T, Z) Spot Instance Requests".`
  );
}
