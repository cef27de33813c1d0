/** The `SpotPrices` port on EC2's price history. The newest entry before a time is the price at that time. */
import { DescribeSpotPriceHistoryCommand, type _InstanceType, type EC2Client } from '@aws-sdk/client-ec2';
import type { SpotPrices } from '../runner/ports.js';

/** Spot prices move gradually, over days. https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/using-spot-instances-history.html */
const KEPT_MS = 300_000;
/** EC2 returns the changes between two times, and the last one before the first of them. https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeSpotPriceHistory.html */
const LOOKED_BACK_MS = 3_600_000;

interface KeptPrice {
  readonly atMs: number;
  readonly dollars: Promise<number | undefined>;
}

export class Ec2SpotPrices implements SpotPrices {
  readonly #kept = new Map<string, KeptPrice>();

  readonly #client: EC2Client;
  readonly #nowMs: () => number;

  constructor(client: EC2Client, nowMs: () => number) {
    this.#client = client;
    this.#nowMs = nowMs;
  }

  async spotDollarsPerHour(
    pool: { readonly instanceType: string; readonly zone: string },
    signal: AbortSignal,
    atMs?: number,
  ): Promise<number | undefined> {
    if (atMs !== undefined) {
      const fromMs = atMs - LOOKED_BACK_MS;
      return this.#newest(pool, { StartTime: new Date(fromMs), EndTime: new Date(atMs) }, signal);
    }
    const name = `${pool.instanceType} ${pool.zone}`;
    const known = this.#kept.get(name);
    if (known !== undefined && this.#nowMs() - known.atMs < KEPT_MS) return known.dollars;
    // With the current time as the start, EC2 returns the last change of each pool before it.
    const dollars = this.#newest(pool, { StartTime: new Date(this.#nowMs()) }, signal);
    this.#kept.set(name, { atMs: this.#nowMs(), dollars });
    dollars.catch(() => this.#kept.delete(name));
    return dollars;
  }

  async #newest(
    { instanceType, zone }: { readonly instanceType: string; readonly zone: string },
    times: { readonly StartTime: Date; readonly EndTime?: Date },
    signal: AbortSignal,
  ): Promise<number | undefined> {
    const { SpotPriceHistory } = await this.#client.send(
      new DescribeSpotPriceHistoryCommand({
        InstanceTypes: [instanceType as _InstanceType],
        AvailabilityZone: zone,
        ProductDescriptions: ['Linux/UNIX'],
        ...times,
      }),
      { abortSignal: signal },
    );
    const entries = (SpotPriceHistory ?? []).map(({ SpotPrice, Timestamp }) => ({
      dollars: Number(SpotPrice),
      atMs: Timestamp?.getTime() ?? 0,
    }));
    return entries
      .filter(({ dollars, atMs }) => Number.isFinite(dollars) && atMs <= (times.EndTime?.getTime() ?? Infinity))
      .sort((a, b) => b.atMs - a.atMs)
      .at(0)?.dollars;
  }
}
