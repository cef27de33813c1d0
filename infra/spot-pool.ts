/**
 * A pool of Spot instances: queues, bucket, network, a fleet parked at 0, a controller, a dead-man's switch and alarms. Use it in any CDK app:
 * `new SpotPool(stack, 'Pool', { maxWorkers: 50 })`. It has no custom resource, needs no account at synth, and costs next to nothing while idle.
 */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Annotations, Stack, Tags, Token } from 'aws-cdk-lib';
import { Code } from 'aws-cdk-lib/aws-lambda';
import type { Topic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { type ControllerFields, type DeployedFields, outputsOf } from '../core/contract/stack-fields.js';
import { needsAsText } from '../core/contract/spot-quotas.js';
import { STACK_TAG } from '../core/contract/tags.js';
import { definedFields } from '../core/defined-fields.js';
import { quotaNeedsOfGpus } from '../core/pool/spot-quota.js';
import { Alarms } from './alarms.js';
import { userData } from './boot/user-data.js';
import { problemsOf } from './check-props.js';
import { Controller } from './controller.js';
import { PoolDashboard } from './dashboard.js';
import { DeadManSwitch } from './dead-man-switch.js';
import { excludedTypes } from './gpu-pool.js';
import { Fleet } from './fleet.js';
import { JobStore } from './job-store.js';
import { LaunchTemplate } from './launch-template.js';
import { acknowledge } from './nag.js';
import { Network } from './network.js';
import { Notices } from './notices.js';
import { type Settings, type SpotPoolProps, withDefaults } from './props.js';
import type { ControlProps } from './controller-permissions.js';
import { UserPolicy } from './user-policy.js';
import { WorkerRole } from './worker-role.js';

/** The controller's bundle consists of this file. */
const CONTROLLER_FILE = 'index.mjs';
/** The build puts the bundle here, relative to the built construct. */
const BUILT_CONTROLLER = fileURLToPath(new URL('../bundle/controller', import.meta.url));

export class SpotPool extends Construct {
  readonly settings: Settings;
  readonly store: JobStore;
  readonly network: Network;
  readonly workerRole: WorkerRole;
  readonly launchTemplateId: string;
  readonly fleetId: string;
  readonly deadMan: DeadManSwitch;
  readonly topic: Topic;
  /** Undefined when the CLI alone controls the fleet. */
  readonly controller?: Controller;
  readonly userPolicy: UserPolicy;

  constructor(scope: Construct, id: string, props: SpotPoolProps = {}) {
    super(scope, id);
    const { stackName } = Stack.of(this);
    // The name of a nested stack is known only at deploy.
    const name = props.name ?? (Token.isUnresolved(stackName) ? undefined : stackName);
    const problems = problemsOf({ ...props, ...definedFields({ name }) });
    for (const problem of problems) Annotations.of(this).addError(problem);
    // With wrong properties the synth fails. The rest is then made with the defaults, so that one synth reports all problems.
    this.settings = withDefaults(problems.length === 0 ? props : { controller: 'cli' }, stackName);
    const { settings } = this;

    this.store = new JobStore(this, 'Store', { jobRetentionDays: settings.jobRetentionDays });
    this.network = new Network(this, 'Network', settings);
    this.workerRole = new WorkerRole(this, 'Worker', { settings, store: this.store });
    this.launchTemplateId = this.#makeLaunchTemplate();
    this.fleetId = new Fleet(this, 'Fleet', {
      settings,
      launchTemplateId: this.launchTemplateId,
      subnetIds: this.network.subnetIds,
    }).fleetId;
    this.deadMan = new DeadManSwitch(this, 'Switch', { name: settings.name, fleetId: this.fleetId });
    this.topic = new Notices(this, 'Notices', settings.notifyEmail).topic;
    const control: ControlProps = { store: this.store, fleetId: this.fleetId, deadMan: this.deadMan };
    if (settings.controller === 'lambda') this.controller = this.#makeController(control);
    this.userPolicy = new UserPolicy(this, 'User', {
      ...control,
      name: settings.name,
      inputBuckets: settings.inputBuckets,
      controllerArn: this.controller?.function.functionArn,
    });
    this.#watch();
    Tags.of(this).add(STACK_TAG, settings.name);
    acknowledge({ bucket: this.store.bucket, vpc: this.network.vpc });
  }

  /** The CLI reads these values from `cdk-outputs.json`: make each an output of the stack under its name. */
  outputs(): Readonly<Record<string, string>> {
    const { settings, controller } = this;
    const fields: DeployedFields = {
      ...this.#controllerFields(),
      region: Stack.of(this).region,
      minVcpus: settings.gpus === undefined ? String(settings.vcpus.min) : undefined,
      spotQuotas: gpuQuotas(settings),
      architecture: settings.architecture,
      python: settings.python,
      isolated: String(settings.isolated),
      controlled: String(controller !== undefined),
      controllerFunction: controller?.function.functionName,
    };
    return { ...outputsOf(fields), UserPolicyArn: this.userPolicy.policyArn };
  }

  #controllerFields(): ControllerFields {
    const { settings, store, deadMan } = this;
    return {
      name: settings.name,
      queueUrl: store.queue.queueUrl,
      deadLetterQueueUrl: store.deadLetterQueue.queueUrl,
      bucket: store.bucket.bucketName,
      fleetId: this.fleetId,
      maxWorkers: String(settings.maxWorkers),
      maxLifeSeconds: String(settings.maxLifeSeconds),
      maxIdleSeconds: String(settings.maxIdleSeconds),
      schedulerGroup: deadMan.groupName,
      schedulerRoleArn: deadMan.role.roleArn,
      topicArn: this.topic.topicArn,
      notifySecretArn: settings.notifySecretArn,
    };
  }

  #makeLaunchTemplate(): string {
    const { settings, store } = this;
    return new LaunchTemplate(this, 'Instance', {
      settings,
      userData: userData({
        region: Stack.of(this).region,
        queueUrl: store.queue.queueUrl,
        bucket: store.bucket.bucketName,
        maxIdleSeconds: settings.maxIdleSeconds,
        maxLifeSeconds: settings.maxLifeSeconds,
        python: settings.python,
        packages: settings.packages,
        gpus: settings.gpus !== undefined,
      }),
      instanceProfileArn: this.workerRole.instanceProfileArn,
      securityGroupId: this.network.securityGroupId,
    }).launchTemplateId;
  }

  #makeController(control: ControlProps): Controller {
    const props = { fields: this.#controllerFields(), code: this.#code(), topic: this.topic };
    return new Controller(this, 'Controller', { ...control, ...props });
  }

  #code(): Code {
    const directory = this.settings.controllerDirectory ?? BUILT_CONTROLLER;
    if (existsSync(path.join(directory, CONTROLLER_FILE))) return Code.fromAsset(directory);
    Annotations.of(this).addError(
      `controllerDirectory ${directory} holds no ${CONTROLLER_FILE}: run "npm run build" first, or set controller to "cli".`,
    );
    return Code.fromInline('throw new Error("not built");');
  }

  #watch(): void {
    const { store, topic } = this;
    const { name, stallMinutes } = this.settings;
    const controller = this.controller?.function;
    const switchGroup = this.deadMan.groupName;
    const { alarms } = new Alarms(this, 'Alarms', { name, stallMinutes, store, topic, controller, switchGroup });
    new PoolDashboard(this, 'Overview', { name, store, controller, switchGroup, alarms });
  }
}

/** CloudFormation accepts no empty output, and a pool may have no type with a known quota. */
function gpuQuotas(settings: Settings): string | undefined {
  if (settings.gpus === undefined) return undefined;
  const { vcpus, allowedInstanceTypes } = settings;
  const needs = quotaNeedsOfGpus({ vcpus, allowedInstanceTypes, excludedInstanceTypes: excludedTypes(settings) });
  return needs.length === 0 ? undefined : needsAsText(needs);
}
