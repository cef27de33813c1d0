/** The stack that a command's options name, connected. */
import type { CliContext, StackPorts } from '../cli/context.js';
import type { StackFlags } from '../cli/options.js';
import { chooseStack } from '../cli/stack-choice.js';

export async function openStack(context: CliContext, flags: StackFlags): Promise<StackPorts> {
  const { config } = await chooseStack(flags, context);
  return context.connect(config);
}
