import type { Action } from '../action.js';
import { Ec2Error } from '../errors.js';
import { applyFilters } from '../filters.js';
import { type Image, IMAGE_CREATED, images } from '../images.js';
import { page } from '../paging.js';

/** Amazon's account for its own images. */
const OWNER_ID = '137112412989';
const ROOT_DEVICE = '/dev/xvda';

export const describeImages: Action = (query) => {
  const ids = query.strings('ImageId');
  const missing = ids.filter((id) => !images.some((image) => image.id === id));
  if (missing.length > 0) {
    throw new Ec2Error('InvalidAMIID.NotFound', `The image id '[${missing.join(', ')}]' does not exist`);
  }
  const owners = query.strings('Owner');
  const owned = owners.length === 0 || owners.includes('amazon') || owners.includes(OWNER_ID) ? images : [];
  const named = owned.filter((image) => ids.length === 0 || ids.includes(image.id));
  const found = applyFilters(named, query, {
    fields: {
      'image-id': ({ id }) => [id],
      name: ({ name }) => [name],
      architecture: ({ architecture }) => [architecture],
      state: () => ['available'],
      'owner-id': () => [OWNER_ID],
      'owner-alias': () => ['amazon'],
      'image-type': () => ['machine'],
      'is-public': () => ['true'],
      'root-device-type': () => ['ebs'],
      'root-device-name': () => [ROOT_DEVICE],
      'virtualization-type': () => ['hvm'],
      hypervisor: () => ['xen'],
      'ena-support': () => ['true'],
      'creation-date': () => [IMAGE_CREATED],
    },
    tags: () => new Map(),
  });
  const { items, nextToken } = page(found, query, (_, index) => index);
  return { imagesSet: items.map(answer), nextToken };
};

const answer = ({ id, name, architecture }: Image) => ({
  imageId: id,
  name,
  description: 'Only a name: instances of the local cloud run on this machine',
  imageLocation: `amazon/${name}`,
  imageState: 'available',
  imageOwnerId: OWNER_ID,
  imageOwnerAlias: 'amazon',
  isPublic: true,
  architecture,
  imageType: 'machine',
  platformDetails: 'Linux/UNIX',
  usageOperation: 'RunInstances',
  creationDate: IMAGE_CREATED,
  rootDeviceType: 'ebs',
  rootDeviceName: ROOT_DEVICE,
  virtualizationType: 'hvm',
  hypervisor: 'xen',
  enaSupport: true,
  blockDeviceMapping: [
    { deviceName: ROOT_DEVICE, ebs: { volumeSize: 8, volumeType: 'gp3', deleteOnTermination: true } },
  ],
  tagSet: [],
});
