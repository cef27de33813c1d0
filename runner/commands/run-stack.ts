/**
 * The stack that `run` works on: one that is there already, or, with `--local` and none up, a local cloud of the command's
 * own, which ends with it whatever happens.
 */
import type { CliContext, StackPorts } from '../cli/context.js';
import { givenLocalFlags, type LocalFlags, localCloudOptions } from '../cli/local-options.js';
import { openStack } from '../cli/open-stack.js';
import type { StackFlags } from '../cli/stack-options.js';
import { UserError } from '../errors.js';
import { keepUp } from '../local-cloud/keep-up.js';
import { DEFAULT_LOCAL_MAX_WORKERS } from '../local-cloud/options.js';
import { stateDirectory } from '../local-cloud/paths.js';
import { startLocalStack } from '../local-cloud/stack.js';
import { readLocalState } from '../local-cloud/state-file.js';

export interface RunStack {
  readonly ports: StackPorts;
  /** The command's own local cloud: it and all that it holds go with the command. */
  readonly own: boolean;
  /**
   * The stack outlives the command from now on, whatever happens: it holds results that could not be written. Resolves with the directory of the
   * local cloud's state where that is not the usual one of the user.
   */
  keep(): Promise<string | undefined>;
  /** Aborts on Ctrl-C, and when the cloud of one's own ends by itself. */
  readonly signal: AbortSignal;
  close(): Promise<void>;
}

export async function openRunStack(
  context: CliContext,
  flags: StackFlags & LocalFlags & { readonly maxWorkers?: number },
): Promise<RunStack> {
  const { env, signal } = context;
  const given = givenLocalFlags(flags);
  const names = `${given.join(', ')} ${given.length === 1 ? 'is' : 'are'}`;
  if (!flags.local && given.length > 0) throw new UserError(`${names} for a local cloud: add --local.`);
  const up = flags.local ? await readLocalState(stateDirectory(env)) : undefined;
  if (up !== undefined && given.length > 0) {
    throw new UserError(
      `${names} for a local cloud that the command starts, but one is up already at ${up.endpoint}. ` +
        'Leave the options out to use it, or end it first: spotpool local down',
    );
  }
  if (!flags.local || up !== undefined) {
    return {
      ports: await openStack(context, flags),
      own: false,
      signal,
      keep: async () => undefined,
      close: async () => undefined,
    };
  }
  return await startOwn(context, flags);
}

/** And with it whatever it held. */
export class LocalCloudLost extends Error {
  override readonly name = 'LocalCloudLost';
}

async function startOwn(
  context: CliContext,
  flags: StackFlags & LocalFlags & { readonly maxWorkers?: number },
): Promise<RunStack> {
  if (flags.stack !== undefined) throw new UserError('--local and --stack exclude each other: name one stack.');
  const { env, provision, signal } = context;
  const options = localCloudOptions(flags, flags.maxWorkers ?? DEFAULT_LOCAL_MAX_WORKERS);
  const stack = await startLocalStack({ options, env, provision, signal });
  const lost = new AbortController();
  let closing = false;
  let kept = false;
  void stack.cloud.ended.then((how) => {
    if (!closing) lost.abort(new LocalCloudLost(`The local cloud of this command ${how}.`));
  });
  return {
    ports: context.connect(stack.config),
    get own() {
      return !kept;
    },
    signal: AbortSignal.any([signal, lost.signal]),
    keep: async () => {
      const { directory } = await keepUp(stack, env, signal);
      kept = true;
      return directory === stateDirectory(withoutHome(env)) ? undefined : directory;
    },
    close: async () => {
      closing = true;
      if (!kept) await stack.cloud.end();
    },
  };
}

/** The stack that another shell would find. */
const withoutHome = ({ SPOTPOOL_HOME: _, ...env }: NodeJS.ProcessEnv): NodeJS.ProcessEnv => env;
