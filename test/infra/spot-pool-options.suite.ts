import { Annotations, Match } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { SpotPoolStack } from '../../infra/spotpool-stack.js';
import { allowed, controllerDirectory, makeApp, makeStack, only, plain, synth } from './synth.js';

const ARN = 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:token-AbCdEf';

describe('an isolated pool', () => {
  const template = synth({ isolated: true, sessionManager: true, secretArns: [ARN], zones: 2 });

  it('has no way out but endpoints', () => {
    template.resourceCountIs('AWS::EC2::InternetGateway', 0);
    template.resourceCountIs('AWS::EC2::NatGateway', 0);
    const services = Object.values(template.findResources('AWS::EC2::VPCEndpoint')).map((endpoint) =>
      plain((endpoint as { Properties: { ServiceName: unknown } }).Properties.ServiceName)
        .split('.')
        .at(-1),
    );
    expect(services.sort()).toEqual(['s3', 'secretsmanager', 'sqs', 'ssm', 'ssmmessages']);
  });

  it('lets only its instances reach them', () => {
    template.hasResourceProperties('AWS::EC2::SecurityGroup', {
      GroupDescription: Match.stringLikeRegexp('endpoints'),
      SecurityGroupIngress: [
        Match.objectLike({
          FromPort: 443,
          ToPort: 443,
          SourceSecurityGroupId: { 'Fn::GetAtt': [Match.stringLikeRegexp('^PoolNetworkInstances'), 'GroupId'] },
        }),
      ],
    });
  });

  it('gives its instances no public address', () => {
    template.allResourcesProperties('AWS::EC2::Subnet', { MapPublicIpOnLaunch: false });
  });

  it('says so to the CLI, which then refuses a setup', () => {
    template.hasOutput('Isolated', { Value: 'true' });
  });

  it('lets workers read the secrets that are named and open sessions', () => {
    const may = allowed(template, 'PoolWorkerRole');
    expect(may['secretsmanager:GetSecretValue']).toEqual([ARN]);
    expect(may['ssmmessages:OpenDataChannel']).toEqual(['*']);
  });
});

describe('a pool of GPUs in a network of one’s own, controlled by the CLI', () => {
  const template = synth({
    controller: 'cli',
    architecture: 'x86_64',
    imageId: 'ami-0123456789abcdef0',
    gpus: { min: 1, max: 4 },
    excludedInstanceTypes: ['g3.*'],
    rootVolumeGib: 200,
    vpcId: 'vpc-0123456789abcdef0',
    subnetIds: ['subnet-0aaaaaaaaaaaaaaaa', 'subnet-0bbbbbbbbbbbbbbbb'],
    name: 'gpus',
    notifyEmail: 'team@example.org',
    maxIdleSeconds: 120,
    maxLifeSeconds: 7200,
    stallMinutes: 90,
    jobRetentionDays: 60,
    createServiceLinkedRole: true,
  });

  it('makes no network, and uses the subnets that are named', () => {
    template.resourceCountIs('AWS::EC2::VPC', 0);
    template.hasResourceProperties('AWS::EC2::EC2Fleet', {
      LaunchTemplateConfigs: [
        Match.objectLike({
          Overrides: [
            Match.objectLike({ SubnetId: 'subnet-0aaaaaaaaaaaaaaaa' }),
            Match.objectLike({ SubnetId: 'subnet-0bbbbbbbbbbbbbbbb' }),
          ],
        }),
      ],
    });
  });

  it('asks for NVIDIA GPUs', () => {
    const { LaunchTemplateConfigs } = only(template, 'AWS::EC2::EC2Fleet').Properties as {
      LaunchTemplateConfigs: { Overrides: { InstanceRequirements: unknown }[] }[];
    };
    expect(LaunchTemplateConfigs[0]?.Overrides[0]?.InstanceRequirements).toMatchObject({
      AcceleratorCount: { Min: 1, Max: 4 },
      AcceleratorTypes: ['gpu'],
      AcceleratorManufacturers: ['nvidia'],
      ExcludedInstanceTypes: ['g3.*'],
    });
  });

  it('launches the image that is named, on a volume of the size that is named', () => {
    template.hasResourceProperties('AWS::EC2::LaunchTemplate', {
      LaunchTemplateData: Match.objectLike({
        ImageId: 'ami-0123456789abcdef0',
        BlockDeviceMappings: [Match.objectLike({ Ebs: Match.objectLike({ VolumeSize: 200 }) })],
      }),
    });
  });

  it("has no function and no schedule, but the dead-man's switch all the same", () => {
    template.resourceCountIs('AWS::Lambda::Function', 0);
    template.resourceCountIs('AWS::Scheduler::Schedule', 0);
    template.resourceCountIs('AWS::Events::Rule', 0);
    template.resourceCountIs('AWS::Scheduler::ScheduleGroup', 1);
    expect(Object.keys(allowed(template, 'PoolSwitchRole'))).toEqual(['ec2:ModifyFleet']);
    template.hasOutput('Controlled', { Value: 'false' });
  });

  it('says in its alarms what to do where nothing but commands controls', () => {
    const alarms = Object.values(template.findResources('AWS::CloudWatch::Alarm')) as {
      readonly Properties: { readonly AlarmDescription: string };
    }[];
    const says = alarms.map(({ Properties }) => Properties.AlarmDescription);
    expect(says).toHaveLength(4);
    expect(says.find((text) => text.includes('switch set'))).toContain('only commands control');
  });

  it('bears its own name, so that pools stand side by side', () => {
    template.hasResourceProperties('AWS::Scheduler::ScheduleGroup', { Name: 'gpus-switch' });
    template.hasOutput('Name', { Value: 'gpus' });
  });

  it('tells the mail address, and deletes jobs when they are old', () => {
    template.hasResourceProperties('AWS::SNS::Subscription', { Protocol: 'email', Endpoint: 'team@example.org' });
    template.hasResourceProperties('AWS::S3::Bucket', {
      LifecycleConfiguration: { Rules: Match.arrayWith([Match.objectLike({ Id: 'Jobs', ExpirationInDays: 60 })]) },
    });
  });

  it('waits as long as it was told before it calls a job stalled', () => {
    template.hasResourceProperties('AWS::CloudWatch::Alarm', {
      AlarmDescription: Match.stringLikeRegexp('for 90 minutes'),
      EvaluationPeriods: 18,
    });
  });

  it('makes the role of EC2 Fleet when it is asked to, and leaves it', () => {
    template.hasResource('AWS::IAM::ServiceLinkedRole', {
      Properties: { AWSServiceName: 'ec2fleet.amazonaws.com' },
      DeletionPolicy: 'Retain',
    });
  });

  it('tells instances how long they may live', () => {
    const userData = JSON.stringify(only(template, 'AWS::EC2::LaunchTemplate').Properties);
    expect(userData).toContain('shutdown -P +130');
    expect(userData).toContain('SPOTPOOL_MAX_IDLE_SECONDS=120');
  });
});

describe('wrong properties', () => {
  it('are told of a name that comes from the stack, too', () => {
    const stack = new SpotPoolStack(makeApp(), `S${'x'.repeat(57)}`, { controllerDirectory });
    Annotations.fromStack(stack).hasError('*', Match.stringLikeRegexp('^name is "Sx+": .* 57 at most'));
  });

  it('are errors of the synth, all at once, each in a sentence', () => {
    const stack = makeStack({ gpus: { min: 1 }, vpcId: 'vpc-0123456789abcdef0', maxWorkers: 0 });
    const errors = Annotations.fromStack(stack).findError('*', Match.anyValue());
    expect(errors.map(({ entry }) => (entry.data as string).split(':')[0])).toEqual([
      'maxWorkers is 0',
      'vpcId is given without subnetIds',
      'gpus is given without imageId',
    ]);
  });

  it('say what to do when the controller is not built', () => {
    const stack = makeStack({ controllerDirectory: '/nowhere' });
    Annotations.fromStack(stack).hasError('/Spotpool/Pool', Match.stringLikeRegexp('run "npm run build" first'));
  });
});
