/** An API action. Each has its own file in actions/; registry.ts finds it by name. */
import { invalidParameter, missingParameter, queueDoesNotExist, SqsError } from './errors.js';
import type { Input, JsonObject } from './input.js';
import { MAX_LISTED } from './limits.js';
import type { Queue } from './queue.js';
import type { SqsStore } from './store.js';

export interface ActionContext {
  readonly store: SqsStore;
  readonly input: Input;
  /** The address at which the client reached this service; queue URLs begin with it. */
  readonly endpoint: string;
  /** Aborts when the client disconnects. */
  readonly signal: AbortSignal;
  /** Registers an action that undoes the effect if the response does not reach the client. */
  onLost(undo: () => void): void;
}

const ADDRESS = /^(?:(?:https?:\/\/[^/]+)?\/(\d{12})\/)?([^/]+)\/?$/;

/** Undefined gives an empty body, as on AWS. */
export type ActionResult = JsonObject | undefined;
export type Action = (context: ActionContext) => ActionResult | Promise<ActionResult>;

export const queueUrl = ({ endpoint, store }: ActionContext, queue: Queue): string =>
  `${endpoint}/${store.accountId}/${queue.name}`;

/**
 * Finds a queue by the path of its URL, or by its name alone, which AWS accepts, too. The URL's host is ignored,
 * because the client may reach this service under another name.
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

/**
 * Returns a page of queues, which must be in the order of their names. A token is returned only if the request has
 * a page size.
 */
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
