/**
 * The app's configuration: the `spotpool` object of the CDK context (cdk.json, or `-c spotpool='{"maxWorkers":50}'`), `-c stack=NAME`, and
 * `-c controller=cli`. The last one overrides the object's own, because one stack may want that property differently from place to place.
 */
import { closestName } from './closest-name.js';
import { PROPERTIES, type SpotPoolProps } from './props.js';

export interface AppConfig {
  readonly stackName: string;
  readonly props: SpotPoolProps;
  /** Each sentence explains a value that cannot be used. */
  readonly problems: readonly string[];
}

const DEFAULT_STACK_NAME = 'Spotpool';
/** CloudFormation accepts only names of this form. */
const STACK_NAME = /^[A-Za-z][A-Za-z0-9-]{0,63}$/;

export function readContext(get: (key: string) => unknown): AppConfig {
  const problems: string[] = [];
  const stackName = get('stack') ?? DEFAULT_STACK_NAME;
  const named = typeof stackName === 'string' && STACK_NAME.test(stackName);
  if (!named)
    problems.push(
      `The CDK context's "stack" is ${JSON.stringify(stackName)}: give a name of a letter, then letters, digits and "-".`,
    );
  const props = readObject(get('spotpool') ?? {});
  if (props === undefined)
    problems.push('The CDK context\'s "spotpool" is not an object: give one such as {"maxWorkers": 50}.');
  const unknown = Object.keys(props ?? {}).filter((key) => !Object.hasOwn(PROPERTIES, key));
  problems.push(...unknown.map(unknownProperty));
  const controller = get('controller') as Required<SpotPoolProps>['controller'] | undefined;
  const given = unknown.length === 0 ? (props ?? {}) : {};
  return {
    stackName: named ? stackName : DEFAULT_STACK_NAME,
    // A wrong controller is refused by the check of all properties.
    props: controller === undefined ? given : { ...given, controller },
    problems,
  };
}

function unknownProperty(name: string): string {
  const closest = closestName(name, Object.keys(PROPERTIES));
  const advice =
    closest === undefined ? `Choose one of ${Object.keys(PROPERTIES).join(', ')}.` : `Did you mean "${closest}"?`;
  return `Unknown property "${name}" in the CDK context. ${advice}`;
}

/** The value is text when it comes from the command line. */
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
