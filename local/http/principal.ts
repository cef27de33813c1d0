/** The owner of the key that signed a request, if it is not the cloud's own. */
export interface Principal {
  readonly arn: string;
  readonly userId: string;
}
