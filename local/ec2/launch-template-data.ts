/**
 * The data of a launch template. Fields that the local cloud acts on are checked; all others are kept and given
 * back.
 */
import { Ec2Error, invalidValue, missingParameter } from './errors.js';
import type { Query } from './query.js';
import { readTags, type Tags } from './tags.js';

/**
 * AWS allows 16 KB before base64:
 * https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-add-user-data.html
 */
const MAX_USER_DATA_BYTES = 16 * 1024;

/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RequestLaunchTemplateData.html */
const NAMES = `KernelId EbsOptimized IamInstanceProfile BlockDeviceMapping NetworkInterface ImageId InstanceType KeyName
  Monitoring Placement RamDiskId DisableApiTermination InstanceInitiatedShutdownBehavior UserData TagSpecification
  ElasticGpuSpecification ElasticInferenceAccelerator SecurityGroupId SecurityGroup InstanceMarketOptions
  CreditSpecification CpuOptions CapacityReservationSpecification LicenseSpecification HibernationOptions
  MetadataOptions EnclaveOptions InstanceRequirements PrivateDnsNameOptions MaintenanceOptions DisableApiStop Operator
  NetworkPerformanceOptions SecondaryInterface`.split(/\s+/);

export function readTemplateData(query: Query): Query {
  if (!query.has('LaunchTemplateData')) throw missingParameter('LaunchTemplateData');
  const data = query.child('LaunchTemplateData').only(NAMES);
  const userData = data.string('UserData') ?? '';
  if (!/^[A-Za-z0-9+/\s]*={0,2}\s*$/.test(userData)) {
    throw new Ec2Error('InvalidUserData.Malformed', 'Invalid BASE64 encoding of user data.');
  }
  const bytes = Buffer.from(userData, 'base64').length;
  if (bytes > MAX_USER_DATA_BYTES) {
    throw invalidValue('UserData', `${bytes} bytes`, `User data is limited to ${MAX_USER_DATA_BYTES} bytes.`);
  }
  instanceTags(data);
  return data;
}

/** Reads the tags that the template gives its instances. */
export function instanceTags(data: Query): Tags {
  const tags = new Map<string, string>();
  for (const specification of data.list('TagSpecification')) {
    if (specification.required('ResourceType') !== 'instance') continue; // Volumes and interfaces do not exist here.
    for (const [key, value] of readTags(specification)) tags.set(key, value);
  }
  return tags;
}
