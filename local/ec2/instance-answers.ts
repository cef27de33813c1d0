/** The parts of answers that describe an instance. */
import { profileArn } from '../imds/documents.js';
import { type InstanceStateName, type InstanceView, STATE_CODES, STATE_REASONS } from '../instances/instance.js';
import { instanceTypeNamed, zoneId } from '../market/instance-types.js';
import { Ec2Error } from './errors.js';
import { DEFAULT_GROUP, subnetOfZone, VPC } from './network.js';
import type { Compute } from './compute.js';
import type { Query } from './query.js';
import { writeTags } from './tags.js';
import type { XmlRecord } from './xml.js';

export const stateAnswer = (state: InstanceStateName): XmlRecord => ({ code: STATE_CODES[state], name: state });

export function instanceAnswer(instance: InstanceView): XmlRecord {
  const { spec, stateReason } = instance;
  return {
    instanceId: instance.id,
    imageId: spec.imageId,
    instanceState: stateAnswer(instance.state),
    reason: stateReason === undefined ? '' : transitionReason(instance),
    stateReason:
      stateReason === undefined
        ? undefined
        : { code: stateReason, message: `${stateReason}: ${STATE_REASONS[stateReason]}` },
    instanceType: spec.instanceType,
    instanceLifecycle: 'spot',
    spotInstanceRequestId: instance.spotRequestId,
    architecture: instanceTypeNamed(spec.instanceType)?.architecture,
    launchTime: new Date(instance.launchedAtMs),
    placement: { availabilityZone: spec.zone, availabilityZoneId: zoneId(spec.zone), tenancy: 'default' },
    privateIpAddress: '127.0.0.1',
    vpcId: VPC.id,
    subnetId: subnetOfZone(spec.zone)?.id,
    groupSet: [{ groupId: DEFAULT_GROUP.id, groupName: DEFAULT_GROUP.name }],
    amiLaunchIndex: 0,
    monitoring: { state: 'disabled' },
    rootDeviceName: '/dev/xvda',
    rootDeviceType: 'ebs',
    virtualizationType: 'hvm',
    platformDetails: 'Linux/UNIX',
    iamInstanceProfile: spec.instanceProfile === undefined ? undefined : { arn: profileArn(spec.instanceProfile) },
    metadataOptions: {
      state: 'applied',
      httpTokens: 'required',
      httpEndpoint: spec.metadataIsOff ? 'disabled' : 'enabled',
      instanceMetadataTags: spec.metadataTags ? 'enabled' : 'disabled',
    },
    tagSet: writeTags(instance.tags),
  };
}

function transitionReason(instance: InstanceView): string {
  const by = instance.stateReason?.startsWith('Server.') === true ? 'Server' : 'User';
  const at = instance.terminatedAtMs ?? instance.takenAtMs;
  return at === undefined
    ? `${by} initiated`
    : `${by} initiated (${new Date(at).toISOString().slice(0, 19).replace('T', ' ')} GMT)`;
}

/** Returns all named instances, or throws an error that names the missing ones: one bad id fails the whole call. */
export function chosenInstances(
  get: (id: string) => InstanceView | undefined,
  ids: readonly string[],
): readonly InstanceView[] {
  for (const id of ids) {
    if (!/^i-([0-9a-f]{8}|[0-9a-f]{17})$/.test(id)) {
      throw new Ec2Error('InvalidInstanceID.Malformed', `Invalid id: "${id}"`);
    }
  }
  const wanted = [...new Set(ids)].map((id) => ({ id, instance: get(id) }));
  const missing = wanted.filter(({ instance }) => instance === undefined).map(({ id }) => id);
  if (missing.length === 1) {
    throw new Ec2Error('InvalidInstanceID.NotFound', `The instance ID '${missing.join()}' does not exist`);
  }
  if (missing.length > 1) {
    throw new Ec2Error('InvalidInstanceID.NotFound', `The instance IDs '${missing.join(', ')}' do not exist`);
  }
  return wanted.map(({ instance }) => instance).filter((instance) => instance !== undefined);
}

/** Returns the named instances, or all, in order of launch, as describe calls see them. */
export function describedInstances({ visible }: Compute, ids: readonly string[]): readonly InstanceView[] {
  const all = visible.instances();
  if (ids.length === 0) return all;
  const byId = new Map(all.map((instance) => [instance.id, instance]));
  return [...chosenInstances((id) => byId.get(id), ids)].sort((one, other) => one.sequence - other.sequence);
}

/** On AWS a list of ids and MaxResults exclude each other. */
export function refuseIdsWithPages(query: Query): void {
  if (!query.has('MaxResults') || query.strings('InstanceId').length === 0) return;
  throw new Ec2Error(
    'InvalidParameterCombination',
    'The parameter instancesSet cannot be used with the parameter maxResults',
  );
}
