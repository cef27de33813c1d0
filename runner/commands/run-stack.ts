/**
 * Opens the stack that `run` works on. With `--local`, when no local cloud is up, the command starts one of its own, which always ends with the
 * command.
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
  /** True for the command's own local cloud, which ends with the command and loses its data. */
  readonly own: boolean;
  /**
   * Makes the stack outlive the command, because it holds results that could not be written. Resolves with the directory of the local cloud's state
   * when another shell would not look there.
   */
  keep(): Promise<string | undefined>;
  /** It is aborted on Ctrl-C, and when the command's own cloud ends by itself. */
  readonly signal: AbortSignal;
  close(): Promise<void>;
}

export async function openRunStack(
  context: CliContext,
  flags: StackFlags & LocalFlags & { readonly maxWorkers?: number; readonly sample?: number },
): Promise<RunStack> {
  const { env, signal } = context;
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

/** The command's own local cloud has ended by itself, and its data is lost. */
export class LocalCloudLost extends Error {
  override readonly name = 'LocalCloudLost';
}

async function startOwn(
  context: CliContext,
  flags: StackFlags & LocalFlags & { readonly maxWorkers?: number },
): Promise<RunStack> {
  if (flags.stack !== undefined) throw new UserError('--local and --stack exclude each other. Name one stack.');
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

/** Another shell looks for the local cloud with this environment. */
const withoutHome = ({ SPOTPOOL_HOME: _, ...env }: NodeJS.ProcessEnv): NodeJS.ProcessEnv => env;
