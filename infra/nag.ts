/** Acknowledges the findings of cdk-nag's AwsSolutions rules that are intended, each with its reason. permissions.ts explains wildcards in permissions. */
import { Validations } from 'aws-cdk-lib';
import type { IVpc } from 'aws-cdk-lib/aws-ec2';
import type { Bucket } from 'aws-cdk-lib/aws-s3';

export function acknowledge({ bucket, vpc }: { readonly bucket: Bucket; readonly vpc: IVpc | undefined }): void {
  Validations.of(bucket).acknowledge({
    id: 'AwsSolutions-S1',
    reason:
      'Access logs would need a second bucket that grows with each lease and beat. Turn on CloudTrail data events where an audit requires them.',
  });
  if (vpc !== undefined) {
    Validations.of(vpc).acknowledge({
      id: 'AwsSolutions-VPC7',
      reason:
        'Nothing can come in and only HTTPS goes out; flow logs would cost more than the idle pool. Bring a VPC with flow logs where an audit requires them.',
    });
  }
}
