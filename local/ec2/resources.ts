/** All resources that can have tags, by id. */
import type { Compute } from './compute.js';
import { Ec2Error } from './errors.js';
import { findFleet } from './fleet/answers.js';
import { chosenInstances } from './instance-answers.js';
import type { Tags } from './tags.js';

export interface TaggedResource {
  readonly id: string;
  readonly type: 'instance' | 'fleet' | 'spot-fleet-request' | 'launch-template';
  readonly tags: Tags;
}

/** Returns the resources as describe calls see them. */
export const taggedResources = ({ templates, visible }: Compute): readonly TaggedResource[] => [
  ...templates.all().map(({ id, tags }): TaggedResource => ({ id, type: 'launch-template', tags })),
  ...visible.fleets().map(({ id, tags, config }): TaggedResource => ({
    id,
    type: config.kind === 'ec2' ? 'fleet' : 'spot-fleet-request',
    tags,
  })),
  ...visible.instances().map(({ id, tags }): TaggedResource => ({ id, type: 'instance', tags })),
];

/** A resource as CreateTags and DeleteTags change it. */
export interface Taggable {
  readonly tags: Map<string, string>;
  /** True if the instance reads its tags as paths of its metadata. */
  readonly areInMetadata?: boolean;
  /** Must be called after the tags have changed. */
  changed(): void;
}

/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateTags.html */
export const MAX_RESOURCES = 1000;

export function taggable(compute: Compute, ids: readonly string[]): readonly Taggable[] {
  if (ids.length > MAX_RESOURCES) {
    throw new Ec2Error('InvalidParameterValue', `A call has at most ${MAX_RESOURCES} resources, not ${ids.length}.`);
  }
  return ids.map((id) => taggableWithId(compute, id));
}

function taggableWithId(compute: Compute, id: string): Taggable {
  const { visible } = compute;
  if (id.startsWith('lt-')) return { tags: compute.templates.withId(id).tags, changed: () => undefined };
  if (id.startsWith('i-')) {
    for (const instance of chosenInstances((each) => compute.instances.get(each), [id])) {
      const areInMetadata = instance.spec.metadataTags;
      return { tags: instance.tags, areInMetadata, changed: () => visible.instanceChanged(instance) };
    }
  }
  if (id.startsWith('fleet-') || id.startsWith('sfr-')) {
    const kind = id.startsWith('fleet-') ? 'ec2' : 'spot';
    const fleet = findFleet((each) => compute.fleets.get(each), kind, id);
    return { tags: fleet.tags, changed: () => visible.fleetChanged(fleet) };
  }
  throw new Ec2Error('InvalidID', `The ID '${id}' is not valid`);
}
