/**
 * SQS as its clients see it: the AWS JSON 1.0 protocol, in which `x-amz-target` names the action.
 * https://smithy.io/2.0/aws/protocols/aws-json-1_0-protocol.html
 *
 * Clients from before 2023 speak the Query protocol (a form with an `Action`); they get an error in that protocol.
 */
import { setImmediate as turn } from 'node:timers/promises';
import { mostBodyBytes } from '../http/body-bounds.js';
import { Refusal } from '../http/refusal.js';
import { BodyTooLarge, readBody, type Service, type ServiceRequest } from '../http/service.js';
import type { ActionResult } from './action.js';
import { DeliveryWatch } from './delivery-watch.js';
import { SqsError } from './errors.js';
import { Input } from './input.js';
import { actions } from './registry.js';
import type { SqsStore } from './store.js';

const TARGET_PREFIX = 'AmazonSQS.';
const CONTENT_TYPE = 'application/x-amz-json-1.0';

/** Explains why an action of AWS is missing here, and what to do instead. */
const NOT_SERVED: ReadonlyMap<string, string> = new Map(
  ['AddPermission', 'RemovePermission'].map((name) => [
    name,
    'Set the attribute Policy with SetQueueAttributes instead.',
  ]),
);

/** The store outlives the service; its creator must close it. */
export function createSqsService({ store }: { readonly store: SqsStore }): Service {
  const watch = new DeliveryWatch();
  return { name: 'sqs', handle: (request) => handle(store, watch, request) };
}

async function handle(store: SqsStore, watch: DeliveryWatch, serviceRequest: ServiceRequest): Promise<void> {
  const undos: (() => void)[] = [];
  const undo = (): void => undos.splice(0).forEach((action) => action());
  watch.settle(serviceRequest.request.socket);
  try {
    if (isQuery(serviceRequest)) return await refuseQuery(serviceRequest);
    const result = await answer(store, serviceRequest, (action) => undos.push(action));
    if (undos.length > 0 && !serviceRequest.losesReply) {
      // Pending events of this connection are handled before anything is written to it.
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
  const body = await readBody(request, mostBodyBytes('sqs', name));
  const action = actions.get(name);
  if (action === undefined || request.method !== 'POST') {
    const asked = name === '' ? 'A request without x-amz-target: AmazonSQS.<Action>' : `The action ${name}`;
    const hint = NOT_SERVED.get(name) ?? '';
    throw new SqsError('UnknownOperationException', `${asked} is not served by the local cloud's SQS. ${hint}`.trim());
  }
  await serviceRequest.enter(name, body);
  const endpoint = `http://${request.headers.host ?? `127.0.0.1:${request.socket.localPort ?? 80}`}`;
  return action({ store, input: parse(body), endpoint, signal, onLost });
}

const isQuery = ({ request, url }: ServiceRequest): boolean =>
  request.headers['x-amz-target'] === undefined &&
  (request.headers['content-type']?.startsWith('application/x-www-form-urlencoded') === true ||
    url.searchParams.has('Action'));

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-making-api-requests-xml.html */
async function refuseQuery({ request, response, requestId }: ServiceRequest): Promise<void> {
  await readBody(request, mostBodyBytes('sqs', 'SendMessage'));
  const message =
    'The local cloud serves SQS in the AWS JSON protocol only. Use a newer SDK or CLI: boto3 1.28.82, AWS CLI 1.29.82 ' +
    'or 2.13.33, and SDKs for other languages from November 2023 on.';
  const body =
    '<?xml version="1.0"?><ErrorResponse xmlns="http://queue.amazonaws.com/doc/2012-11-05/"><Error><Type>Sender</Type>' +
    `<Code>UnsupportedOperation</Code><Message>${message}</Message><Detail/></Error>` +
    `<RequestId>${requestId}</RequestId></ErrorResponse>`;
  response.writeHead(400, { 'content-type': 'text/xml', 'content-length': Buffer.byteLength(body) }).end(body);
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
  const error = cause instanceof Refusal ? fromRefusal(cause) : toSqsError(cause);
  if (error.queryCode !== undefined) {
    const fault = error.status < 500 ? 'Sender' : 'Receiver';
    serviceRequest.response.setHeader('x-amzn-query-error', `${error.queryCode};${fault}`);
  }
  respond(serviceRequest, error.status, { __type: error.type, message: error.message });
}

const fromRefusal = ({
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
