/** `spotpool simulate` computes what a pool would do, without AWS and without a model. */
import type { CommandGroup } from '../../cli/command.js';
import { poolCommand } from './pool.js';
import { reuseCommand } from './reuse.js';

export const simulateCommand: CommandGroup = {
  name: 'simulate',
  description: 'Simulate what a job would take and cost. Nothing is started, and nothing is paid for.',
  examples: [
    'spotpool simulate pool --items 100000 --item-time 20ms --instances 16',
    'spotpool simulate pool --from my-job',
    'spotpool simulate reuse',
  ],
  commands: [poolCommand, reuseCommand],
};
