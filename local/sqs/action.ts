/** What an API action is: one file each in actions/, found by name in registry.ts. */
import { invalidParameter, missingParameter, queueDoesNotExist, SqsError } from './errors.js';
import type { Input, JsonObject } from './input.js';
import { MAX_LISTED } from './limits.js';
import type { Queue } from './queue.js';
import type { SqsStore } from './store.js';

export interface ActionContext {
  readonly store: SqsStore;
  readonly input: Input;
  /** Where the client reached this service: queue URLs begin with it. */
  readonly endpoint: string;
  /** Aborts when the client is gone. */
  readonly signal: AbortSignal;
  /** Registers what to undo when the response does not reach the client. */
  onLost(undo: () => void): void;
}

const ADDRESS = /^(?:(?:https?:\/\/[^/]+)?\/(\d{12})\/)?([^/]+)\/?$/;

/** Undefined: AWS answers with an empty body. */
export type ActionResult = JsonObject | undefined;
export type Action = (context: ActionContext) => ActionResult | Promise<ActionResult>;

export const queueUrl = ({ endpoint, store }: ActionContext, queue: Queue): string =>
  `${endpoint}/${store.accountId}/${queue.name}`;

/**
 * By the path of its URL, or by its name alone, as AWS takes it too; the host does not matter, as the client may know this
 * service under another name.
 */
export function queueOf({ input, store }: ActionContext): Queue {
  const address = input.text('QueueUrl');
  if (address === undefined || address === '') throw missingParameter('QueueUrl');
  const [, account = store.accountId, name] = ADDRESS.exec(address) ?? [];
  if (name === undefined) {
    throw new SqsError('InvalidAddress', `The address ${address} is not valid for this endpoint.`);
  }
  if (account !== store.accountId) throw queueDoesNotExist();
  return store.queue(name);
}

export interface Page {
  readonly urls: readonly string[];
  readonly nextToken: string | undefined;
}

/** A page of queues that are in the order of their names; a token is given only when a size of page was asked for. */
export function pageOfQueues(context: ActionContext, queues: readonly Queue[]): Page {
  const max = context.input.integerWithin('MaxResults', 1, MAX_LISTED);
  const token = context.input.text('NextToken');
  if (token !== undefined && max === undefined) {
    throw invalidParameter(
      'NextToken',
      token,
      'MaxResults is a mandatory parameter when you provide a value for NextToken.',
    );
  }
  const after = token === undefined ? '' : Buffer.from(token, 'base64').toString();
  const left = queues.filter((queue) => queue.name > after);
  const shown = left.slice(0, max ?? MAX_LISTED);
  const last = shown.at(-1);
  const more = max !== undefined && last !== undefined && left.length > shown.length;
  return {
    urls: shown.map((queue) => queueUrl(context, queue)),
    nextToken: more ? Buffer.from(last.name).toString('base64') : undefined,
  };
}
