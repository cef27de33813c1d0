/**
 * AWS's own imperfections that belong to one service: off (0) unless set, and changeable while the cloud runs. Services read
 * them at each use and never copy them. What can befall a request of any service is in request-faults.ts.
 */
export interface Imperfections {
  readonly sqs: {
    /** Counts are as they were this long ago. */
    counterLagMs: number;
    /** How likely a received message is given once more, to another receive, while its lease runs. */
    duplicateRate: number;
    /** How likely a receive comes back empty though messages are there. */
    emptyReceiveRate: number;
  };
  readonly ec2: {
    /** What describe calls answer is as it was this long ago, in market milliseconds. */
    describeLagMs: number;
  };
}

export const noImperfections = (): Imperfections => ({
  sqs: { counterLagMs: 0, duplicateRate: 0, emptyReceiveRate: 0 },
  ec2: { describeLagMs: 0 },
});
