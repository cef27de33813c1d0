/** The owner of a key that is not the cloud's own. */
export interface Principal {
  readonly arn: string;
  readonly userId: string;
}
