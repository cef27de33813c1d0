/**
 * The network of the instances: nothing comes in, and HTTPS goes out. By default the stack makes public subnets without a NAT gateway, which would cost
 * $33 a month while idle. Isolated instances reach nothing but the endpoints of S3 and SQS.
 */
import { Fn, Stack } from 'aws-cdk-lib';
import {
  CfnSecurityGroup,
  GatewayVpcEndpointAwsService,
  InterfaceVpcEndpoint,
  InterfaceVpcEndpointAwsService,
  IpAddresses,
  type IVpc,
  Peer,
  Port,
  SecurityGroup,
  SubnetType,
  Vpc,
} from 'aws-cdk-lib/aws-ec2';
import { Construct } from 'constructs';
import type { Settings } from './props.js';

/** A subnet of this size holds 4,000 instances in each zone. */
const VPC_RANGE = '10.0.0.0/16';
const SUBNET_MASK = 20;
const HTTPS = 443;

export class Network extends Construct {
  readonly vpcId: string;
  readonly subnetIds: readonly string[];
  readonly securityGroupId: string;
  /** Undefined when the VPC is the user's own. */
  readonly vpc?: IVpc;

  constructor(scope: Construct, id: string, settings: Settings) {
    super(scope, id);
    if (settings.vpcId === undefined) {
      this.vpc = this.#makeVpc(settings);
      this.vpcId = this.vpc.vpcId;
      this.subnetIds = [...this.vpc.publicSubnets, ...this.vpc.isolatedSubnets].map(({ subnetId }) => subnetId);
    } else {
      this.vpcId = settings.vpcId;
      this.subnetIds = settings.subnetIds ?? [];
    }
    const group = new CfnSecurityGroup(this, 'Instances', {
      groupDescription: 'spotpool instances: nothing in, HTTPS out',
      vpcId: this.vpcId,
      securityGroupIngress: [],
      // Name resolution, time and instance metadata do not pass through a security group.
      securityGroupEgress: [
        {
          ipProtocol: 'tcp',
          fromPort: HTTPS,
          toPort: HTTPS,
          cidrIp: '0.0.0.0/0',
          description: 'AWS and package indexes',
        },
      ],
    });
    this.securityGroupId = group.attrGroupId;
    if (this.vpc !== undefined && settings.isolated) this.#addEndpoints(this.vpc, settings);
  }

  #makeVpc({ zones, isolated }: Settings): IVpc {
    const vpc = new Vpc(this, 'Vpc', {
      ipAddresses: IpAddresses.cidr(VPC_RANGE),
      // CloudFormation picks the zones at deploy, so a synth needs no account.
      availabilityZones: Array.from({ length: zones }, (_, index) =>
        Fn.select(index, Fn.getAzs(Stack.of(this).region)),
      ),
      natGateways: 0,
      subnetConfiguration: [
        {
          name: 'Instances',
          cidrMask: SUBNET_MASK,
          ...(isolated
            ? { subnetType: SubnetType.PRIVATE_ISOLATED }
            : { subnetType: SubnetType.PUBLIC, mapPublicIpOnLaunch: true }),
        },
      ],
      // The CDK would restrict the default group by a custom resource with a Lambda function, and nothing here uses that group.
      restrictDefaultSecurityGroup: false,
    }) as IVpc;
    // This endpoint is free, and keeps datasets, models and the distribution's packages off the internet gateway.
    vpc.addGatewayEndpoint('S3', { service: GatewayVpcEndpointAwsService.S3 });
    return vpc;
  }

  #addEndpoints(vpc: IVpc, { sessionManager, secretArns }: Settings): void {
    const group = new SecurityGroup(this, 'Endpoints', {
      vpc,
      description: 'spotpool endpoints: HTTPS from its instances',
      allowAllOutbound: false,
    });
    group.addIngressRule(Peer.securityGroupId(this.securityGroupId), Port.tcp(HTTPS), 'Instances of the pool');
    const services = {
      Sqs: InterfaceVpcEndpointAwsService.SQS,
      ...(secretArns.length > 0 ? { Secrets: InterfaceVpcEndpointAwsService.SECRETS_MANAGER } : {}),
      ...(sessionManager
        ? { Ssm: InterfaceVpcEndpointAwsService.SSM, SsmMessages: InterfaceVpcEndpointAwsService.SSM_MESSAGES }
        : {}),
    };
    for (const [name, service] of Object.entries(services)) {
      new InterfaceVpcEndpoint(this, name, { vpc, service, securityGroups: [group], open: false });
    }
  }
}
