/** The `DeployedStack` port on CloudFormation. It uses the stack's ARN, because a later stack may have the same name, and CloudFormation still shows a deleted one. */
import {
  type CloudFormationClient,
  DeleteStackCommand,
  DescribeStacksCommand,
  GetTemplateCommand,
} from '@aws-sdk/client-cloudformation';
import type { DeployedStack, StackStanding } from '../runner/ports.js';
import { isStackMissing } from './errors.js';

export function makeDeployedStack(client: CloudFormationClient, id: string): DeployedStack {
  return {
    id,
    describe: async (abortSignal) => {
      try {
        const { Stacks } = await client.send(new DescribeStacksCommand({ StackName: id }), { abortSignal });
        const stack = Stacks?.[0];
        return {
          state: stateOf(stack?.StackStatus),
          isProtected: stack?.EnableTerminationProtection ?? false,
          ...(stack?.StackStatusReason === undefined ? {} : { reason: stack.StackStatusReason }),
        };
      } catch (error) {
        // CloudFormation forgets deleted stacks after 90 days.
        if (isStackMissing(error)) return { state: 'deleted', isProtected: false };
        throw error;
      }
    },
    template: async (abortSignal) => {
      const { TemplateBody } = await client.send(new GetTemplateCommand({ StackName: id, TemplateStage: 'Original' }), {
        abortSignal,
      });
      if (TemplateBody === undefined) throw new Error(`CloudFormation shows no template of ${id}.`);
      return TemplateBody;
    },
    // CloudFormation remembers the role of the deploy and uses it here.
    // https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DeleteStack.html
    delete: async (abortSignal) => {
      await client.send(new DeleteStackCommand({ StackName: id }), { abortSignal });
    },
  };
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html */
function stateOf(status: string | undefined): StackStanding['state'] {
  switch (status) {
    case undefined:
    case 'DELETE_COMPLETE':
      return 'deleted';
    case 'DELETE_IN_PROGRESS':
      return 'deleting';
    case 'DELETE_FAILED':
      return 'stuck';
    default:
      return status.endsWith('_IN_PROGRESS') ? 'busy' : 'there';
  }
}
