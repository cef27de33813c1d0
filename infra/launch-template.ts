/**
 * The launch template of the instances. A version of a launch template never changes, and a fleet keeps the version that it was made with. So a template
 * with other content is another resource, which makes another fleet. A newer image alone makes a further version of the same template, which no fleet uses
 * (docs/decisions/0005-…).
 */
import { createHash } from 'node:crypto';
import { Fn, Stack } from 'aws-cdk-lib';
import { CfnLaunchTemplate } from 'aws-cdk-lib/aws-ec2';
import { ParameterValueType, StringParameter } from 'aws-cdk-lib/aws-ssm';
import { Construct } from 'constructs';
import type { Architecture } from '../core/contract/stack.js';
import { STACK_TAG } from '../core/contract/tags.js';
import { definedFields } from '../core/defined-fields.js';
import { GPU_IMAGE_PARAMETER } from './gpu-pool.js';
import type { Settings } from './props.js';

/** https://docs.aws.amazon.com/linux/al2023/ug/ec2.html */
const IMAGE_PARAMETERS: Readonly<Record<Architecture, string>> = {
  arm64: '/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64',
  x86_64: '/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64',
};
/** The root device of Amazon Linux 2023 and of images derived from it, such as the Deep Learning ones. */
const ROOT_DEVICE = '/dev/xvda';
/** This many digits are enough to tell templates apart. */
const DIGEST_DIGITS = 12;

export interface LaunchTemplateProps {
  readonly settings: Settings;
  /** The boot script as plain text. */
  readonly userData: string;
  readonly instanceProfileArn: string;
  readonly securityGroupId: string;
}

export class LaunchTemplate extends Construct {
  readonly launchTemplateId: string;

  constructor(scope: Construct, id: string, props: LaunchTemplateProps) {
    super(scope, id);
    const { settings } = props;
    const data = templateData(props);
    const template = new CfnLaunchTemplate(this, `Template${this.#digestOf(data, settings.imageRevision)}`, {
      launchTemplateData: { ...data, imageId: settings.imageId ?? this.#newestImage(settings) },
      tagSpecifications: [{ resourceType: 'launch-template', tags: [{ key: STACK_TAG, value: settings.name }] }],
    });
    this.launchTemplateId = template.ref;
  }

  #digestOf(data: CfnLaunchTemplate.LaunchTemplateDataProperty, imageRevision = ''): string {
    const content: unknown = Stack.of(this).resolve({ data, imageRevision });
    return createHash('sha256').update(JSON.stringify(content)).digest('hex').slice(0, DIGEST_DIGITS);
  }

  /** CloudFormation reads this parameter of the template at deploy, because `maintain` fleets accept only a literal image id. */
  #newestImage({ gpus, architecture }: Settings): string {
    return StringParameter.valueForTypedStringParameterV2(
      this,
      gpus === undefined ? IMAGE_PARAMETERS[architecture] : GPU_IMAGE_PARAMETER,
      // With this type CloudFormation checks that the image exists.
      ParameterValueType.AWS_EC2_IMAGE_ID,
    );
  }
}

function templateData(props: LaunchTemplateProps): CfnLaunchTemplate.LaunchTemplateDataProperty {
  const { settings, userData, instanceProfileArn, securityGroupId } = props;
  return {
    // An image of the user's own is content: another image makes another fleet.
    ...definedFields({ imageId: settings.imageId }),
    userData: Fn.base64(userData),
    iamInstanceProfile: { arn: instanceProfileArn },
    securityGroupIds: [securityGroupId],
    // A worker ends its instance through the operating system (R6, R9), which must not leave a stopped instance behind.
    instanceInitiatedShutdownBehavior: 'terminate',
    // With one hop, a container on the instance cannot reach the instance's role.
    metadataOptions: {
      httpEndpoint: 'enabled',
      httpTokens: 'required',
      httpPutResponseHopLimit: 1,
      instanceMetadataTags: 'enabled',
    },
    blockDeviceMappings: [
      {
        deviceName: ROOT_DEVICE,
        ebs: { volumeType: 'gp3', volumeSize: settings.rootVolumeGib, encrypted: true, deleteOnTermination: true },
      },
    ],
    // Volumes get no tags, because EC2 refuses those on Spot. https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/work-with-spot-fleets.html#tag-spot-fleet
    tagSpecifications: [
      {
        resourceType: 'instance',
        tags: [
          { key: STACK_TAG, value: settings.name },
          { key: 'Name', value: `${settings.name} worker` },
        ],
      },
    ],
  };
}
