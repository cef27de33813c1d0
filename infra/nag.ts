/** What cdk-nag's AwsSolutions rules find and we mean to be so, each with its reason; wildcards in permissions are explained where they stand. */
import { Validations } from 'aws-cdk-lib';
import type { SpotPool } from './spot-pool.js';

export function acknowledge(pool: SpotPool): void {
  Validations.of(pool.store.bucket).acknowledge({
    id: 'AwsSolutions-S1',
    reason:
      'Access logs would need a second bucket that grows with each lease and beat; turn on CloudTrail data events where an audit asks for them.',
  });
  if (pool.network.vpc !== undefined) {
    Validations.of(pool.network.vpc).acknowledge({
      id: 'AwsSolutions-VPC7',
      reason:
        'Nothing can come in and only HTTPS goes out; flow logs would cost more than the idle pool. Bring a VPC with flow logs where they are asked for.',
    });
  }
}
