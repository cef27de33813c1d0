/**
 * Notifies the addresses of `--notify` of a job's end, while its command goes on.
 *
 * Invariants:
 * - Only a command that began the job, or saw it go on, notifies of its end. So a command that is started again after the end posts nothing.
 * - A failure is a warning. It changes neither the exit code nor what the command does.
 * - The addresses are in this process's memory alone: no event, no message and no object holds one.
 */
import type { EndFacts } from '../../core/contract/notification.js';
import type { NotifyAddress } from '../../core/notify/address.js';
import { mapBounded } from '../../core/map-bounded.js';
import type { CliContext, StackPorts } from '../cli/context.js';
import type { StackFlags } from '../cli/stack-options.js';
import type { JobProgress } from '../controller/report.js';
import type { Display } from '../display/events.js';
import { plural } from '../display/format.js';
import { messageOf } from '../errors.js';
import { deliver } from '../notify/deliver.js';
import { readEndFacts } from '../notify/end-facts.js';
import { stackArguments } from './advice/command-lines.js';
import { nextStep } from './advice/next-step.js';
import { newsNow } from '../follow/news.js';
import { hasEnded } from '../status/job-state.js';

export interface EndNews {
  readonly addresses: readonly NotifyAddress[];
  readonly ended: Pick<JobProgress, 'job' | 'state'>;
  /** True when an earlier command began the job, and this one found it ended. */
  readonly isOld: boolean;
  /** True when the job's local cloud ends with the command. */
  readonly own: boolean;
  readonly flags: StackFlags;
  readonly display: Display;
}

type World = { readonly ports: StackPorts; readonly signal: AbortSignal };

/** Never rejects: after Ctrl-C it resolves at once, and the command ends for its own reason. */
export async function notifyOfEnd(context: CliContext, world: World, news: EndNews): Promise<void> {
  const { addresses, ended, isOld, display } = news;
  if (addresses.length === 0 || !hasEnded(ended)) return;
  const say = (level: 'info' | 'warning', code: string, message: string): void =>
    display.show(newsNow(context.clock, level, code, message));
  if (isOld) {
    say('info', 'not-notified', `Job ${ended.job} had ended before this command began, so it notifies nobody.`);
    return;
  }
  try {
    const facts = await factsOf(context, world, news);
    if (facts === undefined) return;
    // Each address has its own tries, so that a slow one does not delay the others.
    await mapBounded(addresses, addresses.length, async (address) => {
      const told = await tell(context, world.signal, { facts, address });
      say(...told);
    });
  } catch (error) {
    if (world.signal.aborted) return;
    say('warning', 'not-notified', `Nobody was notified of the end of job ${ended.job}: ${messageOf(error)}`);
  }
}

async function tell(
  context: CliContext,
  signal: AbortSignal,
  { facts, address }: { readonly facts: EndFacts; readonly address: NotifyAddress },
): Promise<readonly ['info' | 'warning', string, string]> {
  const delivery = await deliver(facts, address, context, signal).catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
  if (delivery === undefined) {
    // A later command finds the job ended and posts nothing, so this is the last word.
    return ['warning', 'not-notified', `Stopped before ${address.shown} was notified of the end of job ${facts.job}.`];
  }
  const { verdict, tries } = delivery;
  if (verdict.kind === 'accepted')
    return ['info', 'notified', `Notified ${address.shown} of the end of job ${facts.job}.`];
  const after = tries === 1 ? '' : ` after ${plural(tries, 'try', 'tries')}`;
  return [
    'warning',
    'not-notified',
    `Could not notify ${address.shown} of the end of job ${facts.job}${after}: ${verdict.why}. The job and its results are not affected.`,
  ];
}

const factsOf = (
  { clock }: CliContext,
  { ports, signal }: World,
  { ended: { job }, own, flags }: EndNews,
): Promise<EndFacts | undefined> =>
  readEndFacts(
    ports,
    { job, stack: ports.config.name, nextOf: (progress) => nextOf(progress, { own, flags }) },
    { nowMs: clock.nowMs(), signal },
  );

function nextOf(
  progress: JobProgress,
  { own, flags }: { readonly own: boolean; readonly flags: StackFlags },
): string | undefined {
  const next = nextStep(progress, { own, flags });
  if (next !== undefined || own) return next;
  return `To fetch the results: spotpool results ${progress.job}${stackArguments(flags)}`;
}
