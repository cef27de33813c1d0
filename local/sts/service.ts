/**
 * GetCallerIdentity, the only call of STS that tools make on their own: the CDK CLI, the AWS CLI and users of
 * boto3. https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
 */
import { mostBodyBytes } from '../http/body-bounds.js';
import { Refusal } from '../http/refusal.js';
import { BodyTooLarge, readBody, type Service, type ServiceRequest } from '../http/service.js';

const VERSION = '2011-06-15';
const NAMESPACE = `https://sts.amazonaws.com/doc/${VERSION}/`;
const ACCOUNT_ID = '000000000000';
/** The owner of the cloud's own key. */
const ROOT = { arn: `arn:aws:iam::${ACCOUNT_ID}:root`, userId: ACCOUNT_ID };

class StsError extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly status = 400,
  ) {
    super(message);
  }
}

export function createStsService(): Service {
  return {
    name: 'sts',
    handle: async (serviceRequest) => {
      const { response, requestId, signal } = serviceRequest;
      const headers = { 'content-type': 'text/xml' };
      try {
        const body = await answer(serviceRequest);
        response.writeHead(200, headers).end(body);
      } catch (cause) {
        if (signal.aborted) return;
        const error = known(cause);
        response.writeHead(error.status, headers).end(errorXml(error, requestId));
      }
    },
  };
}

async function answer(serviceRequest: ServiceRequest): Promise<string> {
  const { request, url, requestId } = serviceRequest;
  const body = request.method === 'POST' ? await readBody(request, mostBodyBytes('sts')) : undefined;
  const form = body === undefined ? url.searchParams : new URLSearchParams(body.toString('utf8'));
  const action = form.get('Action');
  if (action === null) throw new StsError('MissingAction', 'The request must contain the parameter Action');
  if (action !== 'GetCallerIdentity') {
    throw new StsError('InvalidAction', `The local cloud's STS serves GetCallerIdentity only, not ${action}.`);
  }
  const version = form.get('Version');
  if (version !== VERSION) {
    throw new StsError(
      'InvalidAction',
      `Could not find operation ${action} for version ${version ?? 'NO_VERSION_SPECIFIED'}`,
    );
  }
  await serviceRequest.enter(action, body);
  const { arn, userId } = serviceRequest.principal ?? ROOT;
  const identity = `<Arn>${escapeText(arn)}</Arn><UserId>${escapeText(userId)}</UserId><Account>${ACCOUNT_ID}</Account>`;
  return (
    `<${action}Response xmlns="${NAMESPACE}"><${action}Result>${identity}</${action}Result>` +
    `<ResponseMetadata><RequestId>${requestId}</RequestId></ResponseMetadata></${action}Response>`
  );
}

function known(cause: unknown): StsError {
  if (cause instanceof StsError) return cause;
  if (cause instanceof Refusal) return new StsError(cause.code, cause.message, cause.status);
  if (cause instanceof BodyTooLarge) return new StsError('RequestEntityTooLarge', cause.message, 413);
  return new StsError('InternalFailure', `The local cloud's STS failed: ${String(cause)}`, 500);
}

function errorXml({ code, message, status }: StsError, requestId: string): string {
  const type = status < 500 ? 'Sender' : 'Receiver';
  const error = `<Error><Type>${type}</Type><Code>${code}</Code><Message>${escapeText(message)}</Message></Error>`;
  return `<ErrorResponse xmlns="${NAMESPACE}">${error}<RequestId>${requestId}</RequestId></ErrorResponse>`;
}

/** Characters that XML 1.0 lacks become U+FFFD: one of them would make the answer unreadable. */
const escapeText = (text: string): string =>
  text
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\ufffd')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;');
