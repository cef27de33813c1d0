/** Connects what posts the ends of jobs to the stack's address, which is in a secret of AWS Secrets Manager. */
import { makeSecretsManagerClient } from '../../aws/clients.js';
import { makeSecretReader } from '../../aws/secrets.js';
import type { StackConfig } from '../../core/contract/stack.js';
import { readSecretAddress } from '../../core/notify/secret.js';
import { nextStep } from '../commands/advice/next-step.js';
import type { PostContext } from '../controller/act/post-ends.js';
import type { JobProgress } from '../controller/report.js';
import { messageOf } from '../errors.js';
import { readEndFacts } from '../notify/end-facts.js';
import type { SecretTexts } from '../ports.js';
import type { RecordPorts } from '../record/build-record.js';
import { systemClock } from './clock.js';
import { clientOptions } from './stack-ports.js';
import { makeWebPoster } from './web-poster.js';

export type EndPosts = Pick<PostContext, 'poster' | 'readAddress' | 'readFacts'>;

/** Undefined when the stack has no address. */
export function connectEndPosts(config: StackConfig, ports: RecordPorts): EndPosts | undefined {
  const { notifySecretArn: arn, name: stack } = config;
  if (arn === undefined) return undefined;
  const secrets: SecretTexts = makeSecretReader((region) =>
    makeSecretsManagerClient({ ...clientOptions(config), region }),
  );
  return {
    poster: makeWebPoster(),
    readAddress: async (signal) => {
      const text = await secrets.read(arn, signal).catch((error: unknown) => {
        signal.throwIfAborted();
        throw new Error(`the secret ${arn} could not be read (${messageOf(error)})`);
      });
      const read = readSecretAddress(text);
      if (read.kind === 'problem') throw new Error(`the secret ${arn} ${read.problem}`);
      return read.value;
    },
    readFacts: (job, end, signal) =>
      readEndFacts(ports, { job, stack, end, nextOf }, { nowMs: systemClock.nowMs(), signal }),
  };
}

/** Readers of the notification name their stack themselves. */
function nextOf(progress: JobProgress): string {
  return nextStep(progress, { own: false, flags: {} }) ?? `To fetch the results: spotpool results ${progress.job}`;
}
