/**
 * Tells from two CloudFormation templates whether a deploy would replace the fleet, and why, in sentences. The instances of a replaced fleet are cut off:
 * the new fleet starts at target 0, and the old one is deleted with its instances.
 */

interface Resource {
  readonly Type?: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
}

export interface CloudFormationTemplate {
  readonly Resources?: Readonly<Record<string, Resource>>;
}

const FLEET_TYPES = new Set(['AWS::EC2::EC2Fleet', 'AWS::EC2::SpotFleet']);
/** CloudFormation changes these in place. https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-ec2-ec2fleet.html */
const IN_PLACE = new Set(['TargetCapacitySpecification', 'ExcessCapacityTerminationPolicy', 'Context']);
/** A changed launch template is a new version of the same template: the fleet keeps its own version (docs/decisions/0005-…). */
const MAY_CHANGE = 'AWS::EC2::LaunchTemplate';

export function fleetReplacements(deployed: CloudFormationTemplate, next: CloudFormationTemplate): readonly string[] {
  const before = deployed.Resources ?? {};
  const after = next.Resources ?? {};
  return Object.entries(before)
    .filter(([, { Type = '' }]) => FLEET_TYPES.has(Type))
    .flatMap(([id, fleet]) => {
      const now = after[id];
      if (now?.Type !== fleet.Type) return [`the fleet ${id} is no longer in the template`];
      return [...propertyChanges(fleet, now ?? {}), ...referenceChanges(fleet, before, after)];
    });
}

function propertyChanges(
  { Properties: before = {} }: Resource,
  { Properties: after = {} }: Resource,
): readonly string[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names]
    .filter((name) => !IN_PLACE.has(name) && !isSame(before[name], after[name]))
    .map((name) =>
      name === 'LaunchTemplateConfigs'
        ? 'instances are to be launched otherwise (another launch template, subnets or instance requirements)'
        : `its property ${name} differs`,
    );
}

/** When a resource that the fleet refers to is replaced, such as a subnet, the fleet is replaced, too. */
function referenceChanges(
  fleet: Resource,
  before: Readonly<Record<string, Resource>>,
  after: Readonly<Record<string, Resource>>,
): readonly string[] {
  return [...referencesIn(fleet.Properties)]
    .filter((id) => before[id] !== undefined && before[id].Type !== MAY_CHANGE)
    .filter((id) => !isSame(before[id]?.Properties, after[id]?.Properties))
    .map((id) => `${id}, which it uses, differs`);
}

function referencesIn(value: unknown, found = new Set<string>()): ReadonlySet<string> {
  if (typeof value !== 'object' || value === null) return found;
  for (const [key, member] of Object.entries(value)) {
    if (key === 'Ref' && typeof member === 'string') found.add(member);
    else if (key === 'Fn::GetAtt' && Array.isArray(member)) found.add(String(member[0]));
    else referencesIn(member, found);
  }
  return found;
}

/** The order of keys makes no difference. */
const isSame = (a: unknown, b: unknown): boolean => JSON.stringify(sorted(a)) === JSON.stringify(sorted(b));

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, member]) => [key, sorted(member)]),
  );
}
