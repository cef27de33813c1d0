/**
 * Opens the stack that `run` works on. With `--local`, when no local cloud is up, the command starts one of its own, which always ends with the
 * command (own-stack.ts).
 */
import type { CliContext, StackPorts } from '../cli/context.js';
import { givenLocalFlags, type LocalFlags } from '../cli/local-options.js';
import { openStack } from '../cli/open-stack.js';
import type { StackFlags } from '../cli/stack-options.js';
import { UserError } from '../errors.js';
import type { RunRequest } from '../local-cloud/kept-runs.js';
import { stateDirectory } from '../local-cloud/paths.js';
import { readLocalState } from '../local-cloud/state-file.js';
import { type GoesOn, openOwnStack } from './own-stack.js';

export interface RunStack {
  readonly ports: StackPorts;
  /** True for the command's own local cloud, which ends with the command. */
  readonly own: boolean;
  /** The id of the job in the command's own local cloud. */
  readonly job?: string;
  /** True when the same command goes on with the job if this one is stopped. */
  readonly isKept: boolean;
  /** Sentences about what was found, for people. */
  readonly news: readonly string[];
  /** Present when an earlier command began the job. */
  readonly goesOn?: GoesOn;
  /**
   * Makes the stack outlive the command, because it holds results that could not be written. Resolves with the directory of the local cloud's state
   * when another shell would not look there.
   */
  keep(): Promise<string | undefined>;
  /** It is aborted on Ctrl-C, and when the command's own cloud ends by itself. */
  readonly signal: AbortSignal;
  /** The job has ended and its results are written, so that nothing of it need be kept. */
  over(): void;
  /** `isBegun` is true when something of the job was sent. */
  close(command: { readonly isBegun: boolean }): Promise<void>;
}

export interface RunWish {
  readonly flags: StackFlags &
    LocalFlags & { readonly maxWorkers?: number; readonly sample?: number; readonly id?: string };
  readonly request: RunRequest;
  readonly isNew: boolean;
}

export async function openRunStack(context: CliContext, wish: RunWish): Promise<RunStack> {
  const { flags } = wish;
  const { env } = context;
  // With --sample the seed is that of the sample.
  const given = givenLocalFlags(flags).filter((name) => name !== '--seed' || flags.sample === undefined);
  const names = `${given.join(', ')} ${given.length === 1 ? 'is' : 'are'}`;
  if (!flags.local && given.length > 0) throw new UserError(`${names} for a local cloud. Add --local.`);
  const up = flags.local ? await readLocalState(stateDirectory(env)) : undefined;
  if (up !== undefined && given.length > 0) {
    throw new UserError(
      `${names} for a local cloud that the command starts, but a local cloud is up already at ${up.endpoint}. ` +
        'Leave the options out to use it, or end it first: spotpool local down',
    );
  }
  if (!flags.local || up !== undefined) {
    return openLastingStack(context, flags);
  }
  if (flags.stack !== undefined) throw new UserError('--local and --stack exclude each other. Name one stack.');
  return await openOwnStack(context, wish);
}

/** Opens a stack that outlives the command. */
export async function openLastingStack(context: CliContext, flags: StackFlags): Promise<RunStack> {
  return {
    ports: await openStack(context, flags),
    own: false,
    isKept: true,
    news: [],
    signal: context.signal,
    keep: async () => undefined,
    over: () => undefined,
    close: async () => undefined,
  };
}
