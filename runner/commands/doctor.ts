/** `spotpool doctor` checks each thing that a job needs, and reports what is wrong and what to do. */
import { existsSync } from 'node:fs';
import { fleetStateKey, jobsPrefix } from '../../core/contract/keys.js';
import { type QuotaFound, quotaNeeds, quotaShortfall } from '../../core/pool/spot-quota.js';
import type { CliContext, StackPorts } from '../cli/context.js';
import { type Call, defineCommand } from '../cli/command.js';
import { EXIT } from '../cli/exit-codes.js';
import { chooseStack } from '../cli/stack-choice.js';
import { type StackFlags, stackOptions } from '../cli/stack-options.js';
import { plural } from '../display/format.js';
import { messageOf } from '../errors.js';
import { installedFiles } from '../local-cloud/paths.js';
import { readQuotas } from '../submit/check-quota.js';

export interface Finding {
  readonly what: string;
  readonly ok: boolean;
  /** Says what was found; for a problem, also what to do. */
  readonly says: string;
}

export const doctorCommand = defineCommand({
  name: 'doctor',
  description:
    'Check what a job needs. The checks cover versions, configuration, network and permissions; every problem comes with advice.',
  args: {},
  options: stackOptions,
  examples: ['spotpool doctor --local', 'spotpool doctor --stack cdk-outputs.json'],
  run: doctor,
});

async function doctor({ context, options }: Call<never, typeof stackOptions>): Promise<number> {
  const { terminal } = context;
  const findings = await examine(context, options);
  if (options.json) {
    terminal.out(`${JSON.stringify(findings)}\n`);
  } else {
    const { green, red, bold } = terminal.colors;
    for (const { what, ok, says } of findings) {
      terminal.out(`${ok ? green('ok     ') : red('problem')}  ${bold(what.padEnd(12))} ${says}\n`);
    }
  }
  return findings.every(({ ok }) => ok) ? EXIT.ok : EXIT.failed;
}

async function examine(context: CliContext, flags: StackFlags): Promise<readonly Finding[]> {
  const installed = [nodeFinding(process.versions.node), installationFinding()];
  let ports: StackPorts;
  try {
    const { config, source } = await chooseStack(flags, context);
    ports = context.connect(config);
    installed.push({ what: 'stack', ok: true, says: `${config.name} in ${config.region}, from ${source}` });
  } catch (error) {
    context.signal.throwIfAborted();
    return [...installed, { what: 'stack', ok: false, says: messageOf(error) }];
  }
  return [...installed, ...(await stackFindings(ports, context.signal))];
}

export function nodeFinding(version: string): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const ok = major > 20 || (major === 20 && minor >= 19);
  return { what: 'node', ok, says: ok ? version : `${version} is too old: install Node 20.19 or newer` };
}

function installationFinding(): Finding {
  const { localCloud, worker, workerBundle, cli } = installedFiles();
  const missing = [localCloud, worker, workerBundle, cli].filter((file) => !existsSync(file));
  return missing.length === 0
    ? { what: 'installation', ok: true, says: 'complete' }
    : { what: 'installation', ok: false, says: `${missing.join(', ')} missing; run "npm run build"` };
}

/** A service that takes longer to answer is a problem. */
const ANSWER_WITHIN_MS = 20_000;

export async function stackFindings(ports: StackPorts, signal: AbortSignal): Promise<readonly Finding[]> {
  const { config } = ports;
  const checks: readonly (readonly [string, string, (signal: AbortSignal) => Promise<string>])[] = [
    [
      'SQS',
      `the queue ${config.queueUrl} (sqs:GetQueueAttributes)`,
      async (limit) => {
        const { visible, inFlight } = await ports.queue.counts(limit);
        return `the queue answers: about ${visible} messages waiting, ${inFlight} in flight`;
      },
    ],
    [
      'S3 list',
      `the bucket ${config.bucket} (s3:ListBucket)`,
      async (limit) => {
        const { folders } = await ports.store.listFolder(jobsPrefix, { signal: limit });
        return `the bucket answers: ${plural(folders.length, 'job')}`;
      },
    ],
    [
      'S3 read',
      `objects of the bucket ${config.bucket} (s3:GetObject)`,
      async (limit) => {
        const state = await ports.store.get(fleetStateKey, { signal: limit });
        return state === undefined ? 'objects can be read; no controller has run yet' : 'objects can be read';
      },
    ],
    [
      'EC2',
      `the fleet ${config.fleetId} (ec2:DescribeFleets and DescribeFleetInstances, or the Spot Fleet ones)`,
      async (limit) => {
        const { target, fulfilled, state } = await ports.fleet.describe(limit);
        if (state === 'deleted' || state === 'failed') throw new Error(`The fleet is ${state}. Deploy the stack again`);
        return `the fleet is ${state}: target ${target}, fulfilled ${fulfilled}, at most ${config.maxWorkers}`;
      },
    ],
    [
      'switch',
      `a role for the schedule that parks the fleet (SchedulerRoleArn, or SPOTPOOL_SCHEDULER_ROLE_ARN)`,
      async () => {
        if (config.scheduler === undefined)
          throw new Error('The stack names no role for the schedule, so the fleet may not be raised');
        return `the schedule that parks an abandoned fleet is in the group ${config.scheduler.groupName}`;
      },
    ],
    [
      'prices',
      'Spot prices (ec2:DescribeSpotPriceHistory), which only the cost in summaries needs',
      async (limit) => {
        const price = await ports.prices.spotDollarsPerHour(
          { instanceType: 'm5.large', zone: `${config.region}a` },
          limit,
        );
        return price === undefined ? 'prices can be read' : `prices can be read: m5.large costs $${price} an hour`;
      },
    ],
  ];
  const found = await Promise.all(
    checks.map(async ([what, needs, check]): Promise<Finding> => {
      try {
        return { what, ok: true, says: await check(AbortSignal.any([signal, AbortSignal.timeout(ANSWER_WITHIN_MS)])) };
      } catch (error) {
        signal.throwIfAborted();
        return { what, ok: false, says: `${messageOf(error)}. ${adviceFor(error, needs, config.endpoint)}` };
      }
    }),
  );
  return [...found, ...(await quotaFindings(ports, signal))];
}

/** The quota is a hint, so it is no problem when it cannot be read. */
async function quotaFindings({ quota, config }: StackPorts, signal: AbortSignal): Promise<readonly Finding[]> {
  const { maxWorkers: instances } = config;
  const needs = quotaNeeds(config);
  if (needs.length === 0) return [];
  try {
    const found = await readQuotas(quota, needs, AbortSignal.any([signal, AbortSignal.timeout(ANSWER_WITHIN_MS)]));
    if (found.length === 0) throw new Error('the account has no such quota');
    const short = quotaShortfall(instances, found);
    return [{ what: 'quota', ok: short === undefined, says: short ?? enoughOf(found, instances) }];
  } catch (error) {
    signal.throwIfAborted();
    const says = `the Spot quota cannot be read (servicequotas:GetServiceQuota), so nobody warns when it is too small: ${messageOf(error)}`;
    return [{ what: 'quota', ok: true, says }];
  }
}

function enoughOf(found: readonly QuotaFound[], instances: number): string {
  const each = found.map(({ vcpus, vcpusEach }) => `${vcpus} vCPUs on Spot for instances of ${vcpusEach} vCPUs`);
  return `${each.join(' and ')}: enough for the stack's ${instances} instances`;
}

function adviceFor(error: unknown, needs: string, endpoint: string | undefined): string {
  const text = `${error instanceof Error ? error.name : ''} ${messageOf(error)}`;
  if (/ECONNREFUSED|ENOTFOUND|EAI_AGAIN|timeout|timed out/i.test(text)) {
    return `Check the network${endpoint === undefined ? '' : `, and whether ${endpoint} is up`}.`;
  }
  if (/credential|token/i.test(text)) {
    return 'Sign in (aws sso login), or set AWS_PROFILE or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.';
  }
  if (/AccessDenied|Unauthorized|Forbidden|403/i.test(text))
    return `Your role may not use ${needs}. Ask for this permission.`;
  return `This needs ${needs}. Check that the stack is deployed and that its outputs are of this account and region.`;
}
