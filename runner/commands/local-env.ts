/** `spotpool local env`: the environment of the local cloud that is up, for a shell or (`--json`) a program. */
import type { Command } from 'commander';
import type { CommandHost } from '../cli/command-host.js';
import type { CliContext } from '../cli/context.js';
import { EXIT } from '../cli/exit-codes.js';
import { addJsonOption } from '../cli/options.js';
import { UserError } from '../errors.js';
import { environmentOf, shellExports } from '../local-cloud/environment.js';
import { stateDirectory } from '../local-cloud/paths.js';
import { readLocalState } from '../local-cloud/state-file.js';

interface Flags {
  readonly json?: boolean;
}

export function addLocalEnvCommand(local: Command, host: CommandHost): void {
  const command = local
    .command('env')
    .description('Print the environment that leads other tools (AWS CLI, boto3, any SDK) to it.')
    .addHelpText(
      'after',
      '\nExamples:\n  $ eval "$(spotpool local env)" && aws sqs list-queues\n  $ spotpool local env --json | jq -r .AWS_ENDPOINT_URL',
    );
  addJsonOption(command).action(async (flags: Flags) => host.finish(await localEnv(host.context, flags)));
}

async function localEnv({ terminal, env }: CliContext, flags: Flags): Promise<number> {
  const state = await readLocalState(stateDirectory(env));
  if (state === undefined) throw new UserError('No local cloud is up. Start one with: spotpool local up');
  terminal.out(flags.json ? `${JSON.stringify(environmentOf(state))}\n` : shellExports(state));
  return EXIT.ok;
}
