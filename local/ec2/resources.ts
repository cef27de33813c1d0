/** Everything that can be tagged, by id. */
import type { Compute } from './compute.js';

export interface TaggedResource {
  readonly id: string;
  readonly type: 'instance' | 'fleet' | 'spot-fleet-request' | 'launch-template';
  readonly tags: Map<string, string>;
}

export const taggedResources = (compute: Compute): readonly TaggedResource[] => [
  ...compute.templates.all().map(({ id, tags }): TaggedResource => ({ id, type: 'launch-template', tags })),
  ...compute.fleets.all().map(({ id, tags, config }): TaggedResource => ({
    id,
    type: config.kind === 'ec2' ? 'fleet' : 'spot-fleet-request',
    tags,
  })),
  ...compute.instances.all().map(({ id, tags }): TaggedResource => ({ id, type: 'instance', tags })),
];
