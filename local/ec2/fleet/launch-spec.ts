/** Derives an instance's launch parameters from a fleet and its launch template. */
import type { LaunchSpec } from '../../instances/instance.js';
import type { Pool } from '../../market/pools.js';
import { instanceTags } from '../launch-template-data.js';
import type { LaunchTemplates } from '../launch-templates.js';
import { requireMetadataTagKey } from '../tags.js';
import type { FleetTemplate } from './config.js';
import type { Fleet } from './fleet.js';

/** EC2 marks a fleet's instances with these tags; public tools rely on the Spot Fleet's. */
const FLEET_TAGS = { ec2: 'aws:ec2:fleet-id', spot: 'aws:ec2spot:fleet-request-id' } as const;

export function launchSpec(fleet: Fleet, from: FleetTemplate, pool: Pool, templates: LaunchTemplates): LaunchSpec {
  const template = templates.withId(from.templateId);
  const { data, number } = templates.version(template, from.version);
  const profile = data.child('IamInstanceProfile');
  const metadata = data.child('MetadataOptions');
  const metadataTags = metadata.string('InstanceMetadataTags') === 'enabled';
  const tags = instanceTags(data);
  if (metadataTags) for (const key of tags.keys()) requireMetadataTagKey(key);
  return {
    ...pool,
    imageId: data.required('ImageId'),
    userData: Buffer.from(data.string('UserData') ?? '', 'base64'),
    tags: {
      ...Object.fromEntries(tags),
      'aws:ec2launchtemplate:id': template.id,
      'aws:ec2launchtemplate:version': String(number),
      [FLEET_TAGS[fleet.config.kind]]: fleet.id,
    },
    instanceProfile: profile.string('Arn') ?? profile.string('Name'),
    metadataTags,
    metadataIsOff: metadata.string('HttpEndpoint') === 'disabled',
    fleetId: fleet.id,
  };
}
