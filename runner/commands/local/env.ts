/** `spotpool local env` prints the environment of the local cloud that is up, for a shell or (with `--json`) for a program. */
import { type Call, defineCommand } from '../../cli/command.js';
import { EXIT } from '../../cli/exit-codes.js';
import { NO_LOCAL_CLOUD } from '../../cli/stack-choice.js';
import { StackNotFound } from '../../errors.js';
import { environmentOf, shellExports } from '../../local-cloud/environment.js';
import { stateDirectory } from '../../local-cloud/paths.js';
import { readLocalState } from '../../local-cloud/state-file.js';

export const envCommand = defineCommand({
  name: 'env',
  description:
    'Print the environment variables for other tools. With them, the AWS CLI, boto3 and any SDK use the local cloud.',
  args: {},
  options: {},
  examples: [
    'eval "$(spotpool local env)" && aws sqs list-queues',
    'spotpool local env --json | jq -r .AWS_ENDPOINT_URL',
  ],
  run: localEnv,
});

async function localEnv({ context: { terminal, env }, options }: Call): Promise<number> {
  const state = await readLocalState(stateDirectory(env));
  if (state === undefined) throw new StackNotFound(NO_LOCAL_CLOUD);
  terminal.out(options.json ? `${JSON.stringify(environmentOf(state))}\n` : shellExports(state));
  return EXIT.ok;
}
