/**
 * What an instance is. A launch template version is what it is for ever, and a fleet keeps to the version that it was made with. So a template whose
 * content (but for the image) differs is another resource, and makes another fleet; a newer image alone makes a further version of the same template,
 * which no fleet uses (docs/decisions/0005-…).
 */
import { createHash } from 'node:crypto';
import { Fn, Stack } from 'aws-cdk-lib';
import { CfnLaunchTemplate } from 'aws-cdk-lib/aws-ec2';
import { ParameterValueType, StringParameter } from 'aws-cdk-lib/aws-ssm';
import { Construct } from 'constructs';
import { STACK_TAG } from '../core/contract/tags.js';
import { definedFields } from '../core/defined-fields.js';
import type { Architecture, Settings } from './props.js';

/** https://docs.aws.amazon.com/linux/al2023/ug/ec2.html */
const IMAGE_PARAMETERS: Readonly<Record<Architecture, string>> = {
  arm64: '/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64',
  x86_64: '/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64',
};
/** Of Amazon Linux 2023 and its kin. */
const ROOT_DEVICE = '/dev/xvda';
/** Enough to tell templates apart. */
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
      launchTemplateData: { ...data, imageId: settings.imageId ?? this.#newestImage(settings.architecture) },
      tagSpecifications: [{ resourceType: 'launch-template', tags: [{ key: STACK_TAG, value: settings.name }] }],
    });
    this.launchTemplateId = template.ref;
  }

  #digestOf(data: CfnLaunchTemplate.LaunchTemplateDataProperty, imageRevision = ''): string {
    const content: unknown = Stack.of(this).resolve({ data, imageRevision });
    return createHash('sha256').update(JSON.stringify(content)).digest('hex').slice(0, DIGEST_DIGITS);
  }

  /** A parameter of the template, which CloudFormation reads at deploy: `maintain` fleets take a literal id alone. */
  #newestImage(architecture: Architecture): string {
    return StringParameter.valueForTypedStringParameterV2(
      this,
      IMAGE_PARAMETERS[architecture],
      // What the value is, so that CloudFormation checks that the image is there.
      ParameterValueType.AWS_EC2_IMAGE_ID,
    );
  }
}

function templateData(props: LaunchTemplateProps): CfnLaunchTemplate.LaunchTemplateDataProperty {
  const { settings, userData, instanceProfileArn, securityGroupId } = props;
  return {
    // An id of one's own is content: another image is another fleet.
    ...definedFields({ imageId: settings.imageId }),
    userData: Fn.base64(userData),
    iamInstanceProfile: { arn: instanceProfileArn },
    securityGroupIds: [securityGroupId],
    // A worker ends its instance through the operating system (R6, R9): that must not leave a stopped one behind.
    instanceInitiatedShutdownBehavior: 'terminate',
    // One hop: a container on the instance does not reach the role of the instance.
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
    // No tags for volumes, which EC2 refuses on Spot. https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/work-with-spot-fleets.html#tag-spot-fleet
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
