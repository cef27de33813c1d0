/**
 * The app's configuration: the `spotpool` object of the CDK context (cdk.json, or `-c spotpool='{"maxWorkers":50}'`), `-c stack=NAME`, and
 * `-c controller=cli`, which goes before the object's own: the one property that one stack wants differently from place to place.
 */
import type { SpotPoolProps } from './props.js';

export interface AppConfig {
  readonly stackName: string;
  readonly props: SpotPoolProps;
  /** Sentences about what cannot be used. */
  readonly problems: readonly string[];
}

const DEFAULT_STACK_NAME = 'Spotpool';
/** What CloudFormation takes. */
const STACK_NAME = /^[A-Za-z][A-Za-z0-9-]{0,63}$/;

const KNOWN: Readonly<Record<keyof SpotPoolProps, true>> = {
  name: true,
  maxWorkers: true,
  architecture: true,
  vcpus: true,
  memoryMib: true,
  gpus: true,
  allowedInstanceTypes: true,
  excludedInstanceTypes: true,
  rootVolumeGib: true,
  imageId: true,
  imageRevision: true,
  vpcId: true,
  subnetIds: true,
  zones: true,
  isolated: true,
  sessionManager: true,
  createServiceLinkedRole: true,
  inputBuckets: true,
  secretArns: true,
  controller: true,
  controllerDirectory: true,
  maxIdleSeconds: true,
  maxLifeSeconds: true,
  notifyEmail: true,
  stallMinutes: true,
  jobRetentionDays: true,
};

export function readContext(get: (key: string) => unknown): AppConfig {
  const problems: string[] = [];
  const stackName = get('stack') ?? DEFAULT_STACK_NAME;
  const named = typeof stackName === 'string' && STACK_NAME.test(stackName);
  if (!named)
    problems.push(`The context's stack is ${JSON.stringify(stackName)}: give a letter, then letters, digits and "-".`);
  const props = readObject(get('spotpool') ?? {});
  if (props === undefined) problems.push('The context\'s spotpool is no object: give one such as {"maxWorkers": 50}.');
  const unknown = Object.keys(props ?? {}).filter((key) => !Object.hasOwn(KNOWN, key));
  for (const key of unknown) {
    problems.push(
      `The context's spotpool has a property ${key}, which there is not: choose of ${Object.keys(KNOWN).join(', ')}.`,
    );
  }
  const controller = get('controller') as Required<SpotPoolProps>['controller'] | undefined;
  const given = unknown.length === 0 ? (props ?? {}) : {};
  return {
    stackName: named ? stackName : DEFAULT_STACK_NAME,
    // Whatever it is: the properties' own check says what is wrong with it.
    props: controller === undefined ? given : { ...given, controller },
    problems,
  };
}

/** A command line gives text. */
function readObject(value: unknown): SpotPoolProps | undefined {
  if (typeof value !== 'string') return isRecord(value) ? value : undefined;
  try {
    const parsed: unknown = JSON.parse(value);
    return isRecord(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
}

const isRecord = (value: unknown): value is SpotPoolProps =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
