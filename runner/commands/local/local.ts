/** `spotpool local` starts, shows and ends a local cloud that outlives the command. */
import type { CommandGroup } from '../../cli/command.js';
import { downCommand } from './down.js';
import { envCommand } from './env.js';
import { rmCommand } from './rm.js';
import { statusCommand } from './status.js';
import { upCommand } from './up.js';

export const localCommand: CommandGroup = {
  name: 'local',
  description:
    'Start, show and end a local cloud. It has SQS, S3, and EC2 with a Spot fleet, and goes on after the command that starts it has ended. Its buckets outlive it, as do unfinished jobs of "run --local".',
  examples: [
    'spotpool local up --max-workers 4',
    'spotpool submit data.csv --model ./model.ts --local',
    'eval "$(spotpool local env)" && aws s3 ls',
    'spotpool local down',
  ],
  commands: [upCommand, envCommand, downCommand, statusCommand, rmCommand],
};
