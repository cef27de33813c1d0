/**
 * Opens the stack that `run` works on. With `--local`, when no local cloud is up, the command starts one of its own, which always ends with the
 * command (own-stack.ts).
 */
import type { CliContext } from '../cli/context.js';
import { givenLocalFlags, type LocalFlags } from '../cli/local-options.js';
import { openStack } from '../cli/open-stack.js';
import type { StackFlags } from '../cli/stack-options.js';
import { UserError } from '../errors.js';
import type { RunRequest } from '../local-cloud/kept-runs.js';
import { stateDirectory } from '../local-cloud/paths.js';
import { readLocalState } from '../local-cloud/state-file.js';
import type { RunStack } from './opened-stack.js';
import { openOwnStack } from './own-stack.js';

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
