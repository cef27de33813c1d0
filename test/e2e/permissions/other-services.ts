/**
 * One endpoint for all services of AWS that a pool calls. It stands in front of the local cloud and serves the few services that the cloud lacks.
 * They answer only what our callers need, and record the requests as the local cloud's own log does.
 */
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { definedFields } from '../../../core/defined-fields.js';
import type { Request } from './calls.js';

export interface OtherRequest extends Request {
  readonly accessKeyId: string;
  readonly app?: string;
}

interface Asked {
  readonly action: string;
  readonly parameters: Readonly<Record<string, string>>;
}

interface OtherService {
  readonly read: (request: IncomingMessage, body: string) => Asked;
  readonly answer: (asked: Asked, secrets: Secrets) => { readonly status?: number; readonly body: string };
}

/** The texts of secrets by their ARN. Every other secret has one and the same text. */
export type Secrets = Readonly<Record<string, string>>;

/** A service with the Query protocol: the request is a form, the response is XML. */
const ofForm = (_: IncomingMessage, body: string): Asked => {
  const { Action = '', ...parameters } = Object.fromEntries(new URLSearchParams(body));
  return { action: Action, parameters };
};
/** A service with a JSON protocol: a header names the action. */
const ofTarget = ({ headers }: IncomingMessage, body: string): Asked => ({
  action: String(headers['x-amz-target']).split('.').at(-1) ?? '',
  parameters: JSON.parse(body) as Record<string, string>,
});
const xml = (action: string, result: string): { readonly body: string } => ({
  body: `<${action}Response><${action}Result>${result}</${action}Result></${action}Response>`,
});

const ABOUT_STACKS: Readonly<Record<string, string>> = {
  DescribeStacks:
    '<Stacks><member><StackName>s</StackName><StackStatus>CREATE_COMPLETE</StackStatus></member></Stacks>',
  GetTemplate: '<TemplateBody>{}</TemplateBody>',
};

const SERVICES: Readonly<Record<string, OtherService>> = {
  sns: { read: ofForm, answer: ({ action }) => xml(action, '<MessageId>1</MessageId>') },
  cloudformation: { read: ofForm, answer: ({ action }) => xml(action, ABOUT_STACKS[action] ?? '') },
  servicequotas: { read: ofTarget, answer: () => ({ body: '{"Quota":{"Value":640}}' }) },
  secretsmanager: {
    read: ofTarget,
    answer: ({ parameters: { SecretId = '' } }, secrets) => ({
      body: JSON.stringify({ SecretString: secrets[SecretId] ?? 'a secret' }),
    }),
  },
  lambda: {
    read: ({ url = '' }) => {
      const [, FunctionName = ''] = /^\/2015-03-31\/functions\/([^/]+)\/invocations$/.exec(url) ?? [];
      return { action: 'Invoke', parameters: { FunctionName } };
    },
    answer: () => ({ status: 202, body: '' }),
  },
};

export class Front {
  readonly requests: OtherRequest[] = [];

  readonly #server: http.Server;

  private constructor(
    readonly endpoint: string,
    server: http.Server,
  ) {
    this.#server = server;
  }

  static async start(cloud: string, secrets: Secrets = {}): Promise<Front> {
    const server = http.createServer((request, response) => {
      const { service, accessKeyId } = callerOf(request);
      const other = SERVICES[service];
      if (other === undefined) forward(cloud, request, response);
      else void serve({ ...other, service, accessKeyId }, { seen: front.requests, secrets }, { request, response });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const front = new Front(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, server);
    return front;
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }
}

function callerOf({ headers }: IncomingMessage): { readonly service: string; readonly accessKeyId: string } {
  const [, accessKeyId = '', service = ''] =
    /Credential=([^/,\s]+)\/\d+\/[^/]+\/([^/]+)\//.exec(headers.authorization ?? '') ?? [];
  return { service, accessKeyId };
}

async function serve(
  { service, accessKeyId, read, answer }: OtherService & Pick<OtherRequest, 'service' | 'accessKeyId'>,
  { seen, secrets }: { readonly seen: OtherRequest[]; readonly secrets: Secrets },
  { request, response }: { readonly request: IncomingMessage; readonly response: ServerResponse },
): Promise<void> {
  const asked = read(request, await text(request));
  const app = / app\/(\S+)/.exec(request.headers['user-agent'] ?? '')?.[1];
  const { status = 200, body } = answer(asked, secrets);
  seen.push({ service, accessKeyId, ...definedFields({ app }), ...asked, headers: {}, status });
  response.writeHead(status).end(body);
}

/** Forwards a request unchanged, so that its signature stays valid. */
function forward(cloud: string, request: IncomingMessage, response: ServerResponse): void {
  const { method, url, rawHeaders } = request;
  const { hostname, port } = new URL(cloud);
  const onward = http.request({ hostname, port, method, path: url, headers: rawHeaders, setHost: false }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
    answer.pipe(response);
    answer.on('error', () => response.destroy());
  });
  onward.on('error', () => response.destroy());
  // A response may come before the whole request was sent.
  response.on('close', () => response.writableFinished || onward.destroy());
  request.pipe(onward);
}
