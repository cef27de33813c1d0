/** Connects the stack that a command's options name. */
import type { CliContext, StackPorts } from './context.js';
import { chooseStack } from './stack-choice.js';
import type { StackFlags } from './stack-options.js';

export async function openStack(context: CliContext, flags: StackFlags): Promise<StackPorts> {
  const { config } = await chooseStack(flags, context);
  return context.connect(config);
}
