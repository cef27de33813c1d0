/**
 * Who may call what. The cloud's own key may do everything. The key of an instance's role reaches what work is made of, queues and objects, and never what
 * starts instances: whoever can start one has its user data run as the owner of the cloud, and a model can read its instance's key.
 * On AWS a role's policy says so (infra/worker-role.ts has neither EC2 nor the scheduler).
 */
import type { Principal } from './principal.js';
import { Refusal } from './refusal.js';
import type { Service } from './service.js';

const OF_INSTANCES: ReadonlySet<Service['name']> = new Set(['sqs', 's3', 'sts']);

export const mayCall = (principal: Principal | undefined, service: Service['name']): boolean =>
  principal === undefined || OF_INSTANCES.has(service);

/** Throws the service's own refusal, with IAM's sentence. https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html */
export function checkPermission(principal: Principal | undefined, service: Service['name'], action: string): void {
  if (principal === undefined || mayCall(principal, service)) return;
  const named = `${service}:${action}`;
  throw new Refusal(service, 'not-allowed', {
    what: `User: ${principal.arn} is not authorized to perform: ${named} because no identity-based policy allows the ${named} action. On the local cloud the keys of instances may call SQS, S3 and STS.`,
  });
}

/** STS names whoever has assumed the role of an instance profile like this; the session is the instance's id. */
export function principalOfInstance(account: string, role: string, instance: string): Principal {
  return { arn: `arn:aws:sts::${account}:assumed-role/${role}/${instance}`, userId: `AROALOCALCLOUD:${instance}` };
}
