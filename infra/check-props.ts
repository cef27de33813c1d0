/** Checks the properties of a pool. Every sentence names the property, what is wrong with it, and what to do. */
import { gpuProblems } from './gpu-pool.js';
import { PROPERTIES, type SpotPoolProps } from './props.js';
import type { Rule } from './property-rules.js';

export const problemsOf = (props: SpotPoolProps): readonly string[] => [
  ...Object.entries<Rule<unknown>>(PROPERTIES).flatMap(([name, rule]) => {
    const value = props[name as keyof SpotPoolProps];
    return value === undefined ? [] : rule.problemsOf(name, value);
  }),
  ...combinationProblems(props),
  ...gpuProblems(props),
];

function combinationProblems(props: SpotPoolProps): readonly string[] {
  const problems: string[] = [];
  if (props.vpcId !== undefined && (props.subnetIds ?? []).length === 0) {
    problems.push('vpcId is given without subnetIds: name the subnets of that VPC too, one in each zone to use.');
  }
  if (props.vpcId === undefined && props.subnetIds !== undefined) {
    problems.push('subnetIds are given without vpcId: name the VPC that they belong to.');
  }
  if (props.vpcId !== undefined && props.zones !== undefined) {
    problems.push('zones is given with vpcId, whose subnets decide the zones: leave zones out.');
  }
  if (props.imageRevision !== undefined && props.imageId !== undefined) {
    problems.push('imageRevision is given with imageId, which alone decides the image: leave imageRevision out.');
  }
  if (props.allowedInstanceTypes !== undefined && props.excludedInstanceTypes !== undefined) {
    problems.push(
      'allowedInstanceTypes and excludedInstanceTypes are both given: EC2 accepts only one of them; leave one out.',
    );
  }
  if (props.notifySecretArn !== undefined && props.controller === 'cli') {
    problems.push(
      'notifySecretArn is given with controller "cli", but only the controller function reads it: leave it out, and notify from commands (--notify).',
    );
  }
  const { maxIdleSeconds, maxLifeSeconds } = props;
  if (maxIdleSeconds !== undefined && maxLifeSeconds !== undefined && maxIdleSeconds > maxLifeSeconds) {
    problems.push(`maxIdleSeconds (${maxIdleSeconds}) is more than maxLifeSeconds (${maxLifeSeconds}): make it less.`);
  }
  return problems;
}
