/** Synthesises pools for tests, and reads their templates in words. */
import { fileURLToPath } from 'node:url';
import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import type { SpotPoolProps } from '../../infra/props.js';
import { SpotPoolStack } from '../../infra/spotpool-stack.js';

export const controllerDirectory = fileURLToPath(new URL('fixtures/controller', import.meta.url));

/** The app records no stack trace of each construct, because those take most of the time. */
export const makeApp = (): App => new App({ analyticsReporting: false, stackTraces: false, treeMetadata: false });

export const makeStack = (props: SpotPoolProps = {}, app = makeApp()): SpotPoolStack =>
  new SpotPoolStack(app, 'Spotpool', { controllerDirectory, ...props });

export const synth = (props: SpotPoolProps = {}): Template => Template.fromStack(makeStack(props));

interface Resource {
  readonly Type: string;
  readonly Properties: Readonly<Record<string, unknown>>;
}

/** Returns the only resource of a type. */
export function only(template: Template, type: string): Resource & { readonly id: string } {
  const found = Object.entries(template.findResources(type));
  const [first] = found;
  if (first === undefined || found.length > 1) throw new Error(`There are ${found.length} resources of type ${type}.`);
  return { id: first[0], ...(first[1] as Resource) };
}

/** References in angle brackets, without CDK's digests: `<PoolStoreResults.Arn>/jobs/*`. */
export function plain(value: unknown): string {
  if (typeof value === 'string') return value;
  const record = value as { Ref?: string; 'Fn::GetAtt'?: readonly string[]; 'Fn::Join'?: readonly [string, unknown[]] };
  const short = (id: string): string => id.replace(/[0-9A-F]{8}$/, '');
  if (record.Ref !== undefined) return `<${short(record.Ref)}>`;
  if (record['Fn::GetAtt'] !== undefined) return `<${record['Fn::GetAtt'].map(short).join('.')}>`;
  if (record['Fn::Join'] !== undefined) return record['Fn::Join'][1].map(plain).join(record['Fn::Join'][0]);
  throw new Error(`Not plain: ${JSON.stringify(value)}`);
}

export interface Statement {
  readonly Sid: string;
  readonly Effect: string;
  readonly Action: string | readonly string[];
  readonly Resource: unknown;
  readonly Condition?: unknown;
}

/** Returns the resources by action that the policies with this prefix allow. */
export function allowed(template: Template, prefix: string): Readonly<Record<string, readonly string[]>> {
  const byAction: Record<string, string[]> = {};
  for (const { Action, Resource } of statements(template, prefix)) {
    for (const action of [Action].flat()) (byAction[action] ??= []).push(...[Resource].flat().map(plain));
  }
  return byAction;
}

export function statements(template: Template, prefix: string): readonly Statement[] {
  const policies = {
    ...template.findResources('AWS::IAM::Policy'),
    ...template.findResources('AWS::IAM::ManagedPolicy'),
  };
  return Object.entries(policies)
    .filter(([id]) => id.startsWith(prefix))
    .flatMap(
      ([, resource]) =>
        (resource as { Properties: { PolicyDocument: { Statement: Statement[] } } }).Properties.PolicyDocument
          .Statement,
    );
}
