/**
 * The topic that reports alarms, and jobs that ended or need attention. SNS encrypts it at rest and in transit. It has no KMS key, because alarms cannot
 * publish with the key that AWS manages, and a key of the stack's own would cost a dollar a month while idle.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html
 */
import { Aws } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct } from 'constructs';

export class Notices extends Construct {
  readonly topic: Topic;

  constructor(scope: Construct, id: string, notifyEmail: string | undefined) {
    super(scope, id);
    this.topic = new Topic(this, 'Topic', { displayName: 'spotpool', enforceSSL: true });
    // This policy replaces the default one, which would let alarms of the account publish.
    this.topic.addToResourcePolicy(
      new PolicyStatement({
        sid: 'AlarmsOfThisAccount',
        principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
        actions: ['sns:Publish'],
        resources: [this.topic.topicArn],
        conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } },
      }),
    );
    if (notifyEmail !== undefined) this.topic.addSubscription(new EmailSubscription(notifyEmail));
  }
}
