/**
 * SQS as its clients see it: the AWS JSON 1.0 protocol, in which `x-amz-target` names the action.
 * https://smithy.io/2.0/aws/protocols/aws-json-1_0-protocol.html
 *
 * Every request passes through `answer`, every count through MessagePool.counts, every message that is given out through
 * Queue's `#take`: what shall go wrong on purpose is put there.
 */
import { setImmediate as turn } from 'node:timers/promises';
import { Refusal } from '../http/refusal.js';
import { BodyTooLarge, readBody, type Service, type ServiceRequest } from '../http/service.js';
import type { ActionResult } from './action.js';
import { DeliveryWatch } from './delivery-watch.js';
import { SqsError } from './errors.js';
import { Input } from './input.js';
import { MAX_REQUEST_BYTES } from './limits.js';
import { actions } from './registry.js';
import type { SqsStore } from './store.js';

const TARGET_PREFIX = 'AmazonSQS.';
const CONTENT_TYPE = 'application/x-amz-json-1.0';

/** The store outlives the service; whoever made it closes it. */
export function createSqsService({ store }: { readonly store: SqsStore }): Service {
  const watch = new DeliveryWatch();
  return { name: 'sqs', handle: (request) => handle(store, watch, request) };
}

async function handle(store: SqsStore, watch: DeliveryWatch, serviceRequest: ServiceRequest): Promise<void> {
  const undos: (() => void)[] = [];
  const undo = (): void => undos.splice(0).forEach((action) => action());
  watch.settle(serviceRequest.request.socket);
  try {
    const result = await answer(store, serviceRequest, (action) => undos.push(action));
    if (undos.length > 0 && !serviceRequest.losesReply) {
      // What the system has already told us of this connection is heard before anything is written to it.
      await turn();
      watch.watch(serviceRequest, undo);
    }
    if (!serviceRequest.signal.aborted) respond(serviceRequest, 200, result);
  } catch (error) {
    undo();
    if (!serviceRequest.signal.aborted) refuse(serviceRequest, error);
  }
}

async function answer(
  store: SqsStore,
  serviceRequest: ServiceRequest,
  onLost: (undo: () => void) => void,
): Promise<ActionResult> {
  const { request, signal } = serviceRequest;
  const target = request.headers['x-amz-target'];
  const name = typeof target === 'string' && target.startsWith(TARGET_PREFIX) ? target.slice(TARGET_PREFIX.length) : '';
  const body = await readBody(request, MAX_REQUEST_BYTES);
  const action = actions.get(name);
  if (action === undefined || request.method !== 'POST') {
    const asked = name === '' ? 'A request without x-amz-target: AmazonSQS.<Action>' : `The action ${name}`;
    throw new SqsError('UnknownOperationException', `${asked} is not served by the local cloud's SQS.`);
  }
  await serviceRequest.enter(name);
  const endpoint = `http://${request.headers.host ?? `127.0.0.1:${request.socket.localPort ?? 80}`}`;
  return action({ store, input: parse(body), endpoint, signal, onLost });
}

function parse(body: Buffer): Input {
  let value: unknown;
  try {
    value = body.length === 0 ? {} : JSON.parse(body.toString());
  } catch {
    throw new SqsError('SerializationException', 'The request body is not JSON.');
  }
  return new Input(value);
}

function refuse(serviceRequest: ServiceRequest, cause: unknown): void {
  const error = cause instanceof Refusal ? ofTheDoor(cause) : toSqsError(cause);
  if (error.queryCode !== undefined) {
    const fault = error.status < 500 ? 'Sender' : 'Receiver';
    serviceRequest.response.setHeader('x-amzn-query-error', `${error.queryCode};${fault}`);
  }
  respond(serviceRequest, error.status, { __type: error.type, message: error.message });
}

const ofTheDoor = ({
  status,
  shape,
  code,
  message,
}: Refusal): Pick<SqsError, 'status' | 'type' | 'queryCode' | 'message'> => ({
  status,
  type: shape,
  queryCode: code,
  message,
});

function toSqsError(cause: unknown): SqsError {
  if (cause instanceof SqsError) return cause;
  if (cause instanceof BodyTooLarge) return new SqsError('RequestEntityTooLargeException', cause.message);
  return new SqsError('InternalFailure', `The local cloud's SQS failed: ${String(cause)}`);
}

function respond({ response }: ServiceRequest, status: number, result: ActionResult): void {
  const body = result === undefined ? '' : JSON.stringify(result);
  response.writeHead(status, { 'content-type': CONTENT_TYPE, 'content-length': Buffer.byteLength(body) }).end(body);
}
