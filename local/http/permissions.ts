/**
 * Permissions of the access keys. The cloud's own key may do everything. The key of an instance's role may use
 * queues and objects, but none of the actions that start instances: anyone who can start an instance has its user
 * data run as the cloud's owner, and a model can read its instance's key. On AWS the role's policy says the same
 * (infra/worker-role.ts has neither EC2 nor the scheduler).
 */
import type { Principal } from './principal.js';
import { Refusal } from './refusal.js';
import type { Service } from './service.js';

const OF_INSTANCES: ReadonlySet<Service['name']> = new Set(['sqs', 's3', 'sts']);

export const mayCall = (principal: Principal | undefined, service: Service['name']): boolean =>
  principal === undefined || OF_INSTANCES.has(service);

/**
 * Throws the service's own refusal with IAM's sentence.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
 */
export function checkPermission(principal: Principal | undefined, service: Service['name'], action: string): void {
  if (principal === undefined || mayCall(principal, service)) return;
  const named = `${service}:${action}`;
  throw new Refusal(service, 'not-allowed', {
    what: `User: ${principal.arn} is not authorized to perform: ${named} because no identity-based policy allows the ${named} action. On the local cloud the keys of instances may call SQS, S3 and STS.`,
  });
}

/** Names the assumed role of an instance profile as STS does; the session name is the instance's id. */
export function principalOfInstance(account: string, role: string, instance: string): Principal {
  return { arn: `arn:aws:sts::${account}:assumed-role/${role}/${instance}`, userId: `AROALOCALCLOUD:${instance}` };
}
