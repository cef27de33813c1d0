/** Errors of the EC2 API: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html */
export class Ec2Error extends Error {
  override readonly name = 'Ec2Error';
  constructor(
    readonly code: string,
    message: string,
    readonly status = 400,
  ) {
    super(message);
  }
}

export const missingParameter = (name: string): Ec2Error =>
  new Ec2Error('MissingParameter', `The request must contain the parameter ${name}`);

export const invalidValue = (name: string, value: string, why: string): Ec2Error =>
  new Ec2Error('InvalidParameterValue', `Value (${value}) for parameter ${name} is invalid. ${why}`);

export const notServed = (what: string): Ec2Error =>
  new Ec2Error('UnsupportedOperation', `The local cloud does not serve ${what}.`);

/** https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-idempotency.html */
export const idempotentMismatch = (token: string): Ec2Error =>
  new Ec2Error(
    'IdempotentParameterMismatch',
    `The client token ${token} was used before, in a request with other parameters.`,
  );
