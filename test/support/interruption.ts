/** The event that EventBridge sends when AWS takes a Spot instance. https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/spot-instance-termination-notices.html */
export const interruptionOf = (instance: string): unknown => ({
  version: '0',
  id: '12345678-1234-1234-1234-123456789012',
  'detail-type': 'EC2 Spot Instance Interruption Warning',
  source: 'aws.ec2',
  account: '123456789012',
  region: 'us-east-1',
  resources: [`arn:aws:ec2:us-east-1a:instance/${instance}`],
  detail: { 'instance-id': instance, 'instance-action': 'terminate' },
});
