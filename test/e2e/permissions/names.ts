/** The names of the pool of these tests, in the lab and in the policies. */
export const REGION = 'us-east-1';
export const ACCOUNT = '000000000000';
export const INPUT_BUCKET = 'their-data';
export const SECRET_ARN = `arn:aws:secretsmanager:${REGION}:${ACCOUNT}:secret:api-key-AbCdEf`;
/** The secret with the address to which the controller posts. */
export const NOTIFY_SECRET_ARN = `arn:aws:secretsmanager:${REGION}:${ACCOUNT}:secret:address-GhIjKl`;

const stack = 'permissions';
const switchRole = 'spotpool-scheduler';

export const NAMES = {
  stack,
  /** These names are those of aws/stack-provisioner.ts. */
  queue: `${stack}-input`,
  deadLetters: `${stack}-dead-letters`,
  bucket: `${stack}-results`,
  switchRole,
  switchRoleArn: `arn:aws:iam::${ACCOUNT}:role/${switchRole}`,
  scheduleGroup: 'default',
  /** This id replaces the one that EC2 gave. */
  fleet: 'fleet-00000000-0000-0000-0000-000000000000',
  function: 'controller',
  functionArn: `arn:aws:lambda:${REGION}:${ACCOUNT}:function:controller`,
  topicArn: `arn:aws:sns:${REGION}:${ACCOUNT}:notices`,
  stackId: `arn:aws:cloudformation:${REGION}:${ACCOUNT}:stack/${stack}/1`,
} as const;
