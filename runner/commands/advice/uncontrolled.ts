/** Says who controls the fleet of a stack that has no controller of its own. */
import type { StackConfig } from '../../../core/contract/stack.js';

/** Returns nothing for a stack that has a controller. `where` holds the options that name the same stack again. */
export const uncontrolledText = ({ controlled }: StackConfig, job: string, where: string): string =>
  controlled
    ? ''
    : `This stack has no controller of its own. Its fleet grows and shrinks only while somebody follows the job:\n  spotpool watch ${job}${where}\n`;
