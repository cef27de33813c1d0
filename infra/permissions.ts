/** Permissions as data. Each says why it is there; cdk-nag gets the same text as the explanation of its wildcards. */
import { Stack, Validations } from 'aws-cdk-lib';
import { PolicyStatement, type Role } from 'aws-cdk-lib/aws-iam';
import type { IConstruct } from 'constructs';
import { definedFields } from '../core/defined-fields.js';

export interface Permission {
  readonly sid: string;
  readonly why: string;
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  readonly conditions?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

export function toStatement({ sid, actions, resources, conditions }: Permission): PolicyStatement {
  return new PolicyStatement({
    sid,
    actions: [...actions],
    resources: [...resources],
    ...definedFields({ conditions }),
  });
}

export function permit(role: Role, permissions: readonly Permission[]): void {
  for (const permission of permissions) role.addToPolicy(toStatement(permission));
  explainWildcards(role, permissions);
}

/** cdk-nag requires an acknowledgement for each resource that holds a `*`. */
export function explainWildcards(construct: IConstruct, permissions: readonly Permission[]): void {
  const stack = Stack.of(construct);
  for (const { sid, why, resources } of permissions) {
    for (const resource of resources) {
      const text = flatten(stack.resolve(resource));
      if (!text.includes('*')) continue;
      Validations.of(construct).acknowledge({ id: `AwsSolutions-IAM5[Resource::${text}]`, reason: `${sid}: ${why}` });
    }
  }
}

/** cdk-nag names resources in this form, with references in angle brackets. */
function flatten(value: unknown): string {
  if (typeof value === 'string') return value;
  const record = value as { Ref?: string; 'Fn::GetAtt'?: readonly string[]; 'Fn::Join'?: readonly [string, unknown[]] };
  if (record.Ref !== undefined) return `<${record.Ref}>`;
  if (record['Fn::GetAtt'] !== undefined) return `<${record['Fn::GetAtt'].join('.')}>`;
  const [separator, parts] = record['Fn::Join'] ?? ['', []];
  return parts.map(flatten).join(separator);
}
