import { Match, type Template } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, it } from 'vitest';
import { stackFromEnvironment, stackFromFields, stacksInFile } from '../../runner/cli/stack-fields.js';
import { only, plain, synth } from './synth.js';

/** The pool with its default properties. */
let template: Template;
beforeAll(() => {
  template = synth();
});

describe('the fleet', () => {
  const fleet = (): Record<string, unknown> => only(template, 'AWS::EC2::EC2Fleet').Properties;

  it('starts parked, and ends no instance when its target falls', () => {
    expect(fleet()).toMatchObject({
      Type: 'maintain',
      ExcessCapacityTerminationPolicy: 'no-termination',
      TargetCapacitySpecification: { TotalTargetCapacity: 0, DefaultTargetCapacityType: 'spot' },
    });
  });

  it('uses the pools with the best capacity for the price, without maximum price and without rebalancing', () => {
    expect(fleet()['SpotOptions']).toEqual({
      AllocationStrategy: 'price-capacity-optimized',
      InstanceInterruptionBehavior: 'terminate',
    });
    expect(JSON.stringify(fleet())).not.toMatch(/MaxPrice|SpotMaxPrice|MaintenanceStrategies/);
  });

  it('spans three zones by attributes, and counts instances', () => {
    const [config] = fleet()['LaunchTemplateConfigs'] as { Overrides: Record<string, unknown>[] }[];
    expect(config?.Overrides).toHaveLength(3);
    for (const override of config?.Overrides ?? []) {
      expect(Object.keys(override).sort()).toEqual(['InstanceRequirements', 'SubnetId']);
      expect(override['InstanceRequirements']).toEqual({
        VCpuCount: { Min: 2, Max: 8 },
        MemoryMiB: { Min: 4096 },
        InstanceGenerations: ['current'],
        AcceleratorCount: { Max: 0 },
      });
    }
  });

  it('has the tag by which it is found', () => {
    expect(fleet()['TagSpecifications']).toEqual([
      { ResourceType: 'fleet', Tags: [{ Key: 'spotpool:stack', Value: 'Spotpool' }] },
    ]);
  });
});

describe('the launch template', () => {
  const data = (): Record<string, unknown> =>
    only(template, 'AWS::EC2::LaunchTemplate').Properties['LaunchTemplateData'] as Record<string, unknown>;

  it('requires session tokens for metadata, at most one hop away', () => {
    expect(data()['MetadataOptions']).toEqual({
      HttpEndpoint: 'enabled',
      HttpTokens: 'required',
      HttpPutResponseHopLimit: 1,
      InstanceMetadataTags: 'enabled',
    });
  });

  it('lets the operating system end the instance', () => {
    expect(data()['InstanceInitiatedShutdownBehavior']).toBe('terminate');
  });

  it('encrypts the root volume', () => {
    expect(data()['BlockDeviceMappings']).toEqual([
      {
        DeviceName: '/dev/xvda',
        Ebs: { VolumeType: 'gp3', VolumeSize: 20, Encrypted: true, DeleteOnTermination: true },
      },
    ]);
  });

  it('tags instances, but no volumes, because Spot refuses those', () => {
    expect(data()['TagSpecifications']).toEqual([
      {
        ResourceType: 'instance',
        Tags: [
          { Key: 'spotpool:stack', Value: 'Spotpool' },
          { Key: 'Name', Value: 'Spotpool worker' },
        ],
      },
    ]);
  });

  it('leaves the market to the fleet', () => {
    expect(data()).not.toHaveProperty('InstanceMarketOptions');
    expect(data()).not.toHaveProperty('InstanceType');
  });

  it('uses the newest arm64 image of Amazon Linux 2023, which CloudFormation looks up at deploy', () => {
    const { Ref } = data()['ImageId'] as { Ref: string };
    expect(template.toJSON()['Parameters']).toMatchObject({
      [Ref]: {
        Type: 'AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>',
        Default: '/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64',
      },
    });
  });
});

describe('the network', () => {
  it('lets nothing in, and HTTPS out', () => {
    expect(only(template, 'AWS::EC2::SecurityGroup').Properties).toMatchObject({
      SecurityGroupIngress: [],
      SecurityGroupEgress: [{ IpProtocol: 'tcp', FromPort: 443, ToPort: 443, CidrIp: '0.0.0.0/0' }],
    });
  });

  it('has no NAT gateway, which would cost while idle, and reaches S3 for free', () => {
    template.resourceCountIs('AWS::EC2::NatGateway', 0);
    expect(only(template, 'AWS::EC2::VPCEndpoint').Properties['VpcEndpointType']).toBe('Gateway');
  });

  it('chooses its zones at deploy, so that a synth needs no account', () => {
    template.allResourcesProperties('AWS::EC2::Subnet', {
      AvailabilityZone: { 'Fn::Select': [Match.anyValue(), { 'Fn::GetAZs': { Ref: 'AWS::Region' } }] },
      MapPublicIpOnLaunch: true,
    });
  });
});

function controllerEnvironment(): Record<string, unknown> {
  const { Environment } = only(template, 'AWS::Lambda::Function').Properties as {
    Environment: { Variables: Record<string, unknown> };
  };
  return Environment.Variables;
}

describe('the controller', () => {
  it('is an arm64 function on the Node.js that AWS supports longest, without reserved concurrency', () => {
    const { Properties } = only(template, 'AWS::Lambda::Function');
    expect(Properties).toMatchObject({ Runtime: 'nodejs24.x', Architectures: ['arm64'], Handler: 'index.handler' });
    expect(Properties).not.toHaveProperty('ReservedConcurrentExecutions');
  });

  it('knows its stack', () => {
    expect(
      Object.fromEntries(Object.entries(controllerEnvironment()).map(([name, value]) => [name, plain(value)])),
    ).toEqual({
      SPOTPOOL_STACK: 'Spotpool',
      SPOTPOOL_QUEUE_URL: '<PoolStoreInput>',
      SPOTPOOL_DEAD_LETTER_QUEUE_URL: '<PoolStoreDeadLetters>',
      SPOTPOOL_BUCKET: '<PoolStoreResults>',
      SPOTPOOL_FLEET_ID: '<PoolFleet.FleetId>',
      SPOTPOOL_MAX_WORKERS: '10',
      SPOTPOOL_MAX_IDLE_SECONDS: '600',
      SPOTPOOL_MAX_LIFE_SECONDS: '86400',
      SPOTPOOL_SCHEDULER_GROUP: '<PoolSwitchGroup>',
      SPOTPOOL_SCHEDULER_ROLE_ARN: '<PoolSwitchRole.Arn>',
      SPOTPOOL_TOPIC_ARN: '<PoolNoticesTopic>',
    });
  });

  it('is woken each minute, and does not retry a missed pass', () => {
    expect(only(template, 'AWS::Scheduler::Schedule').Properties).toMatchObject({
      ScheduleExpression: 'rate(1 minute)',
      FlexibleTimeWindow: { Mode: 'OFF' },
      Target: { RetryPolicy: { MaximumRetryAttempts: 0, MaximumEventAgeInSeconds: 60 } },
    });
    expect(only(template, 'AWS::Lambda::EventInvokeConfig').Properties).toMatchObject({
      MaximumRetryAttempts: 0,
      MaximumEventAgeInSeconds: 60,
    });
  });

  it.each(['EC2 Spot Instance Interruption Warning', 'EC2 Instance Rebalance Recommendation'])(
    'is woken at once on "%s"',
    (detailType) => {
      template.hasResourceProperties('AWS::Events::Rule', {
        EventPattern: { source: ['aws.ec2'], 'detail-type': [detailType] },
        Targets: [Match.objectLike({ RetryPolicy: { MaximumRetryAttempts: 0, MaximumEventAgeInSeconds: 60 } })],
      });
    },
  );

  it('keeps its log a month', () => {
    expect(only(template, 'AWS::Logs::LogGroup').Properties['RetentionInDays']).toBe(30);
  });
});

describe("the dead-man's switch", () => {
  it('has a group, but no schedule while the fleet is parked', () => {
    expect(only(template, 'AWS::Scheduler::ScheduleGroup').Properties['Name']).toBe('Spotpool-switch');
    template.resourceCountIs('AWS::Scheduler::Schedule', 1); // the controller's minute
  });

  it('gives its role to schedules of its group alone', () => {
    template.hasResourceProperties('AWS::IAM::Role', {
      AssumeRolePolicyDocument: Match.objectLike({
        Statement: [
          Match.objectLike({
            Principal: { Service: 'scheduler.amazonaws.com' },
            Condition: {
              StringEquals: {
                'aws:SourceAccount': { Ref: 'AWS::AccountId' },
                'aws:SourceArn': { 'Fn::GetAtt': [Match.stringLikeRegexp('^PoolSwitchGroup'), 'Arn'] },
              },
            },
          }),
        ],
      }),
    });
  });
});

describe('notices', () => {
  it('require TLS', () => {
    template.hasResourceProperties('AWS::SNS::TopicPolicy', {
      PolicyDocument: Match.objectLike({
        Statement: Match.arrayWith([
          Match.objectLike({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
        ]),
      }),
    });
  });

  it('go to nobody unless an address is named', () => {
    template.resourceCountIs('AWS::SNS::Subscription', 0);
  });

  it('come from six alarms, each of which says what to do', () => {
    const alarms = Object.values(template.findResources('AWS::CloudWatch::Alarm')).map(
      (alarm) => (alarm as { Properties: Record<string, unknown> }).Properties,
    );
    expect(alarms).toHaveLength(6);
    for (const alarm of alarms) {
      expect(plain((alarm['AlarmActions'] as unknown[])[0])).toBe('<PoolNoticesTopic>');
      expect(alarm['AlarmDescription']).toMatch(/^spotpool Spotpool: .{80,}/s);
      // https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
      expect(String(alarm['AlarmDescription']).length).toBeLessThanOrEqual(1024);
    }
  });

  it('have a dashboard beside them that shows everything', () => {
    const body = JSON.stringify(only(template, 'AWS::CloudWatch::Dashboard').Properties['DashboardBody']);
    for (const word of ['Batches', 'Fleet', 'Reclaims', 'Dead letters', 'Control', 'Target', 'Fulfilled']) {
      expect(body).toContain(word);
    }
  });
});

describe('the whole stack', () => {
  it("has the stack's tag wherever CloudFormation accepts tags", () => {
    const untagged = Object.entries(
      template.toJSON()['Resources'] as Record<string, { Type: string; Properties: object }>,
    )
      .filter(([, { Properties }]) => !JSON.stringify(Properties).includes('"spotpool:stack"'))
      .map(([, { Type }]) => Type);
    expect([...new Set(untagged)].sort()).toEqual([
      'AWS::EC2::Route',
      'AWS::EC2::SubnetRouteTableAssociation',
      'AWS::EC2::VPCGatewayAttachment',
      'AWS::IAM::InstanceProfile',
      'AWS::IAM::ManagedPolicy',
      'AWS::IAM::Policy',
      'AWS::Lambda::EventInvokeConfig',
      'AWS::Lambda::Permission',
      'AWS::S3::BucketPolicy',
      'AWS::SNS::TopicPolicy',
      'AWS::SQS::QueuePolicy',
      'AWS::Scheduler::Schedule',
    ]);
  });

  it('has all outputs that the CLI needs', () => {
    const outputs = template.toJSON()['Outputs'] as Record<string, { Value: unknown }>;
    expect(Object.fromEntries(Object.entries(outputs).map(([name, { Value }]) => [name, plain(Value)]))).toEqual({
      Name: 'Spotpool',
      Region: '<AWS::Region>',
      QueueUrl: '<PoolStoreInput>',
      DeadLetterQueueUrl: '<PoolStoreDeadLetters>',
      Bucket: '<PoolStoreResults>',
      FleetId: '<PoolFleet.FleetId>',
      MaxWorkers: '10',
      MinVcpus: '2',
      MaxIdleSeconds: '600',
      MaxLifeSeconds: '86400',
      Architecture: 'arm64',
      Python: '3.13',
      Isolated: 'false',
      Controlled: 'true',
      ControllerFunction: '<PoolControllerFunction>',
      SchedulerGroup: '<PoolSwitchGroup>',
      SchedulerRoleArn: '<PoolSwitchRole.Arn>',
      TopicArn: '<PoolNoticesTopic>',
      UserPolicyArn: '<PoolUserPolicy>',
      StackId: '<AWS::StackId>',
    });
  });

  it('is understood by the CLI through its outputs, and by the controller through its environment', () => {
    const outputs = Object.entries(template.toJSON()['Outputs'] as Record<string, { Value: unknown }>);
    const file = JSON.stringify({
      Spotpool: Object.fromEntries(outputs.map(([name, { Value }]) => [name, plain(Value)])),
    });
    const [fields] = stacksInFile(file, 'cdk-outputs.json');
    const common = {
      name: 'Spotpool',
      queueUrl: '<PoolStoreInput>',
      deadLetterQueueUrl: '<PoolStoreDeadLetters>',
      bucket: '<PoolStoreResults>',
      fleetId: '<PoolFleet.FleetId>',
      maxWorkers: 10,
      maxIdleSeconds: 600,
      maxLifeSeconds: 86_400,
      topicArn: '<PoolNoticesTopic>',
      scheduler: { roleArn: '<PoolSwitchRole.Arn>', groupName: '<PoolSwitchGroup>' },
    };
    expect(stackFromFields(fields ?? {}, 'cdk-outputs.json', {})).toEqual({
      ...common,
      region: '<AWS::Region>',
      controlled: true,
      controllerFunction: '<PoolControllerFunction>',
      architecture: 'arm64',
      python: '3.13',
      minVcpus: 2,
      stackId: '<AWS::StackId>',
    });
    const variables = Object.entries(controllerEnvironment()).map(([name, value]) => [name, plain(value)] as const);
    expect(stackFromEnvironment({ AWS_REGION: 'eu-west-1', ...Object.fromEntries(variables) })).toEqual({
      ...common,
      region: 'eu-west-1',
    });
  });

  it('has no output of a controller when the CLI alone controls it', () => {
    const outputs = synth({ controller: 'cli' }).toJSON()['Outputs'] as Record<string, { Value: unknown }>;
    const values = Object.fromEntries(Object.entries(outputs).map(([name, { Value }]) => [name, plain(Value)]));
    const [fields] = stacksInFile(JSON.stringify({ Spotpool: values }), 'cdk-outputs.json');
    const config = stackFromFields(fields ?? {}, 'cdk-outputs.json', {});
    expect(config).not.toHaveProperty('controlled');
    expect(config).not.toHaveProperty('controllerFunction');
    expect(config.topicArn).toBe('<PoolNoticesTopic>');
  });
});
