import { Annotations, Match } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { SpotPoolStack } from '../../infra/spotpool-stack.js';
import { allowed, controllerDirectory, makeApp, makeStack, only, plain, synth } from './synth.js';

const ARN = 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:token-AbCdEf';

describe('an isolated pool', () => {
  const template = synth({ isolated: true, sessionManager: true, secretArns: [ARN], zones: 2 });

  it('reaches only the endpoints', () => {
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

  it('reports itself as isolated to the CLI, which then refuses a setup', () => {
    template.hasOutput('Isolated', { Value: 'true' });
  });

  it('lets workers read the named secrets and open sessions', () => {
    const may = allowed(template, 'PoolWorkerRole');
    expect(may['secretsmanager:GetSecretValue']).toEqual([ARN]);
    expect(may['ssmmessages:OpenDataChannel']).toEqual(['*']);
  });
});

describe('a pool with an address to notify', () => {
  const template = synth({ notifySecretArn: ARN });

  it('lets the controller alone read its secret, and ask for prices and keep them', () => {
    const may = allowed(template, 'PoolControllerRoleDefault');
    expect(may['secretsmanager:GetSecretValue']).toEqual([ARN]);
    expect(may['ec2:DescribeSpotPriceHistory']).toEqual(['*']);
    expect(may['s3:PutObject']).toContain('<PoolStoreResults.Arn>/jobs/*/prices.json');
    expect(allowed(template, 'PoolWorkerRole')).not.toHaveProperty('secretsmanager:GetSecretValue');
    expect(allowed(template, 'PoolUserPolicy')).not.toHaveProperty('secretsmanager:GetSecretValue');
  });

  it('tells the controller which secret it is, and nothing of what it holds', () => {
    const { Environment } = only(template, 'AWS::Lambda::Function').Properties as {
      Environment: { Variables: Readonly<Record<string, unknown>> };
    };
    expect(Environment.Variables['SPOTPOOL_NOTIFY_SECRET_ARN']).toBe(ARN);
    template.hasOutput('NotifySecretArn', { Value: ARN });
  });

  it('has its controller in no VPC, so that it reaches the address', () => {
    expect(only(template, 'AWS::Lambda::Function').Properties).not.toHaveProperty('VpcConfig');
  });

  it('gives no controller such a permission without the property', () => {
    const may = allowed(synth({}), 'PoolControllerRoleDefault');
    expect(may).not.toHaveProperty('secretsmanager:GetSecretValue');
    expect(may).not.toHaveProperty('ec2:DescribeSpotPriceHistory');
    expect(may['s3:PutObject']).not.toContain('<PoolStoreResults.Arn>/jobs/*/prices.json');
  });
});

describe('a pool of GPUs in the user’s own network, controlled by the CLI', () => {
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

  it('makes no network, and uses the named subnets', () => {
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

  it('requires NVIDIA GPUs', () => {
    const { LaunchTemplateConfigs } = only(template, 'AWS::EC2::EC2Fleet').Properties as {
      LaunchTemplateConfigs: { Overrides: { InstanceRequirements: unknown }[] }[];
    };
    expect(LaunchTemplateConfigs[0]?.Overrides[0]?.InstanceRequirements).toMatchObject({
      AcceleratorCount: { Min: 1, Max: 4 },
      AcceleratorTypes: ['gpu'],
      AcceleratorManufacturers: ['nvidia'],
      ExcludedInstanceTypes: ['g3.*', 'g6f.*', 'gr6f.*'],
    });
  });

  it('launches the named image, on a volume of the named size', () => {
    template.hasResourceProperties('AWS::EC2::LaunchTemplate', {
      LaunchTemplateData: Match.objectLike({
        ImageId: 'ami-0123456789abcdef0',
        BlockDeviceMappings: [Match.objectLike({ Ebs: Match.objectLike({ VolumeSize: 200 }) })],
      }),
    });
  });

  it("has no function and no schedule, but still a dead-man's switch", () => {
    template.resourceCountIs('AWS::Lambda::Function', 0);
    template.resourceCountIs('AWS::Scheduler::Schedule', 0);
    template.resourceCountIs('AWS::Events::Rule', 0);
    template.resourceCountIs('AWS::Scheduler::ScheduleGroup', 1);
    expect(Object.keys(allowed(template, 'PoolSwitchRole'))).toEqual(['ec2:ModifyFleet']);
    template.hasOutput('Controlled', { Value: 'false' });
  });

  it('says in its alarms what to do where only commands control the fleet', () => {
    const alarms = Object.values(template.findResources('AWS::CloudWatch::Alarm')) as {
      readonly Properties: { readonly AlarmDescription: string };
    }[];
    const says = alarms.map(({ Properties }) => Properties.AlarmDescription);
    expect(says).toHaveLength(4);
    expect(says.find((text) => text.includes('switch set'))).toContain('only commands control');
  });

  it('has its own name, so that several pools fit in an account', () => {
    template.hasResourceProperties('AWS::Scheduler::ScheduleGroup', { Name: 'gpus-switch' });
    template.hasOutput('Name', { Value: 'gpus' });
  });

  it('notifies the mail address, and deletes old jobs', () => {
    template.hasResourceProperties('AWS::SNS::Subscription', { Protocol: 'email', Endpoint: 'team@example.org' });
    template.hasResourceProperties('AWS::S3::Bucket', {
      LifecycleConfiguration: { Rules: Match.arrayWith([Match.objectLike({ Id: 'Jobs', ExpirationInDays: 60 })]) },
    });
  });

  it('waits for the configured time before it reports a stalled job', () => {
    template.hasResourceProperties('AWS::CloudWatch::Alarm', {
      AlarmDescription: Match.stringLikeRegexp('for 90 minutes'),
      EvaluationPeriods: 18,
    });
  });

  it('makes the role of EC2 Fleet on request, and keeps it', () => {
    template.hasResource('AWS::IAM::ServiceLinkedRole', {
      Properties: { AWSServiceName: 'ec2fleet.amazonaws.com' },
      DeletionPolicy: 'Retain',
    });
  });

  it('gives instances their longest life', () => {
    const userData = JSON.stringify(only(template, 'AWS::EC2::LaunchTemplate').Properties);
    expect(userData).toContain('shutdown -P +130');
    expect(userData).toContain('SPOTPOOL_MAX_IDLE_SECONDS=120');
  });
});

describe('a pool of GPUs with nothing else set', () => {
  const template = synth({ gpus: { min: 1 } });
  const requirements = (of: typeof template): unknown => {
    const { LaunchTemplateConfigs } = only(of, 'AWS::EC2::EC2Fleet').Properties as {
      LaunchTemplateConfigs: { Overrides: { InstanceRequirements: unknown }[] }[];
    };
    return LaunchTemplateConfigs[0]?.Overrides[0]?.InstanceRequirements;
  };
  const launched = (of: typeof template): Readonly<Record<string, unknown>> =>
    only(of, 'AWS::EC2::LaunchTemplate').Properties['LaunchTemplateData'] as Record<string, unknown>;

  it('launches the newest image of AWS with NVIDIA’s drivers, on a volume that holds it', () => {
    const { Ref } = launched(template)['ImageId'] as { Ref: string };
    expect(template.toJSON()['Parameters']).toMatchObject({
      [Ref]: {
        Type: 'AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>',
        Default: '/aws/service/deeplearning/ami/x86_64/base-oss-nvidia-driver-gpu-amazon-linux-2023/latest/ami-id',
      },
    });
    expect(launched(template)['BlockDeviceMappings']).toMatchObject([{ Ebs: { VolumeSize: 100 } }]);
    template.hasOutput('Architecture', { Value: 'x86_64' });
  });

  it('takes every size with whole GPUs of the families that the image serves', () => {
    expect(requirements(template)).toEqual({
      VCpuCount: { Min: 4 },
      MemoryMiB: { Min: 4096 },
      InstanceGenerations: ['current'],
      AcceleratorCount: { Min: 1 },
      AcceleratorTypes: ['gpu'],
      AcceleratorManufacturers: ['nvidia'],
      ExcludedInstanceTypes: ['g6f.*', 'gr6f.*', 'p3.*', 'p3dn.*'],
    });
  });

  it('takes the allowed types alone when they are named, fractions of a GPU too', () => {
    const named = requirements(synth({ gpus: { min: 1 }, allowedInstanceTypes: ['g6f.*'] }));
    expect(named).toMatchObject({ AllowedInstanceTypes: ['g6f.*'] });
    expect(named).not.toHaveProperty('ExcludedInstanceTypes');
  });

  it('makes the device files of the GPUs at boot, which the worker may not make', () => {
    const script = JSON.stringify(launched(template)['UserData']);
    expect(script).toContain('nvidia-smi -L');
    expect(JSON.stringify(launched(synth())['UserData'])).not.toContain('nvidia');
  });

  it('gets a new image by another imageRevision, as other pools do', () => {
    const { id } = only(template, 'AWS::EC2::LaunchTemplate');
    expect(only(synth({ gpus: { min: 1 }, imageRevision: '2' }), 'AWS::EC2::LaunchTemplate').id).not.toBe(id);
  });

  it.each([
    [{}, 'g:4,p:96,p5:16'],
    [{ vcpus: { min: 4, max: 8 } }, 'g:4'],
    [{ allowedInstanceTypes: ['g5.*', 'g6.2xlarge'] }, 'g:4'],
    [{ allowedInstanceTypes: ['p4*', 'p5*'] }, 'p:96,p5:16'],
    [{ allowedInstanceTypes: ['p5.48xlarge'] }, 'p5:192'],
    [{ excludedInstanceTypes: ['p4*', 'p5*'] }, 'g:4'],
  ])('with %j names the Spot quotas %s', (props, quotas) => {
    synth({ gpus: { min: 1 }, ...props }).hasOutput('SpotQuotas', { Value: quotas });
  });

  it('names no quota where AWS lists none, and no vCPUs of standard instances', () => {
    const outputs = synth({ gpus: { min: 8 }, allowedInstanceTypes: ['p6-b200.*'] }).toJSON()['Outputs'] as object;
    expect(outputs).not.toHaveProperty('SpotQuotas');
    expect(template.toJSON()['Outputs']).not.toHaveProperty('MinVcpus');
  });
});

describe('the Python and the packages of a pool', () => {
  it('are in its boot script and known to the CLI', () => {
    const template = synth({ python: '3.12', packages: ['git', 'gcc'] });
    const script = JSON.stringify(only(template, 'AWS::EC2::LaunchTemplate').Properties);
    expect(script).toContain('names=(git gcc)');
    expect(script).toContain('SPOTPOOL_PYTHON=/usr/bin/python3.12');
    template.hasOutput('Python', { Value: '3.12' });
  });
});

describe('wrong properties', () => {
  it('include a wrong name that comes from the stack', () => {
    const stack = new SpotPoolStack(makeApp(), `S${'x'.repeat(57)}`, { controllerDirectory });
    Annotations.fromStack(stack).hasError('*', Match.stringLikeRegexp('^name is "Sx+": .* 57 at most'));
  });

  it('fail the synth all at once, each with a sentence', () => {
    const stack = makeStack({ gpus: { min: 1 }, rootVolumeGib: 20, vpcId: 'vpc-0123456789abcdef0', maxWorkers: 0 });
    const errors = Annotations.fromStack(stack).findError('*', Match.anyValue());
    expect(errors.map(({ entry }) => (entry.data as string).split(':')[0])).toEqual([
      'maxWorkers is 0',
      'vpcId is given without subnetIds',
      'rootVolumeGib is 20',
    ]);
  });

  it('include a controller that is not built, with the command to build it', () => {
    const stack = makeStack({ controllerDirectory: '/nowhere' });
    Annotations.fromStack(stack).hasError('/Spotpool/Pool', Match.stringLikeRegexp('run "npm run build" first'));
  });
});
