/**
 * The account's Spot quotas, which count the vCPUs of some families of types. A stack of GPU instances names those that it needs. The codes are the same in
 * every region. https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/using-spot-limits.html
 */

/** The quotas that spotpool knows. AWS's list names none for P6. */
export const SPOT_QUOTAS = {
  standard: { code: 'L-34B43A08', name: 'All Standard (A, C, D, H, I, M, R, T, Z) Spot Instance Requests' },
  g: { code: 'L-3819A6DF', name: 'All G and VT Spot Instance Requests' },
  p: { code: 'L-7212CCBC', name: 'All P4, P3 and P2 Spot Instance Requests' },
  p5: { code: 'L-C4BD4855', name: 'All P5 Spot Instance Requests' },
} as const;

export type SpotQuotaName = keyof typeof SPOT_QUOTAS;

export interface QuotaNeed {
  readonly quota: SpotQuotaName;
  /** The vCPUs of the smallest instance that the fleet may take of these families. */
  readonly vcpusEach: number;
}

/** The needs as a stack's configuration has them: `g:4,p5:16`. */
export const needsAsText = (needs: readonly QuotaNeed[]): string =>
  needs.map(({ quota, vcpusEach }) => `${quota}:${vcpusEach}`).join(',');

/** Returns undefined for a text that is no list of needs. */
export function needsOfText(text: string): readonly QuotaNeed[] | undefined {
  const needs = text.split(',').map((part) => /^(\w+):([1-9]\d{0,5})$/.exec(part));
  return needs.every((need) => need?.[1] !== undefined && Object.hasOwn(SPOT_QUOTAS, need[1]))
    ? needs.map((need) => ({ quota: need?.[1] as SpotQuotaName, vcpusEach: Number(need?.[2]) }))
    : undefined;
}
