/**
 * The EC2 Query protocol: requests are forms, answers are XML.
 * https://docs.aws.amazon.com/AWSEC2/latest/APIReference/Query-Requests.html
 */
import { mostBodyBytes } from '../http/body-bounds.js';
import { Refusal } from '../http/refusal.js';
import { BodyTooLarge, readBody, type Service, type ServiceRequest } from '../http/service.js';
import { actions } from './actions.js';
import type { Compute } from './compute.js';
import { Ec2Error } from './errors.js';
import { performAction } from './perform.js';
import { Query } from './query.js';
import { answerXml, errorXml } from './xml.js';

const VERSION = '2016-11-15';

export function createEc2Service(compute: Compute): Service {
  return {
    name: 'ec2',
    handle: async (serviceRequest) => {
      const { response, requestId } = serviceRequest;
      try {
        const answer = await perform(serviceRequest, compute);
        response.writeHead(200, { 'content-type': 'text/xml;charset=UTF-8' }).end(answer);
      } catch (error) {
        if (serviceRequest.signal.aborted) return;
        const { code, message, status } = known(error);
        response
          .writeHead(status, { 'content-type': 'text/xml;charset=UTF-8' })
          .end(errorXml(code, message, requestId));
      }
    },
  };
}

async function perform(serviceRequest: ServiceRequest, compute: Compute): Promise<string> {
  const { request, url, requestId } = serviceRequest;
  const body = request.method === 'POST' ? await readBody(request, mostBodyBytes('ec2')) : undefined;
  const query = body === undefined ? Query.parse(url.searchParams) : Query.read(body.toString('utf8'));
  const name = query.string('Action');
  if (name === undefined) throw new Ec2Error('MissingAction', 'The request must contain the parameter Action');
  const version = query.required('Version');
  if (version !== VERSION) {
    throw new Ec2Error('InvalidParameterValue', `The local cloud serves API version ${VERSION}, not ${version}.`);
  }
  if (actions.has(name)) await serviceRequest.enter(name, body);
  return answerXml(name, requestId, performAction(name, query, compute));
}

function known(error: unknown): { readonly code: string; readonly message: string; readonly status: number } {
  if (error instanceof Ec2Error || error instanceof Refusal) return error;
  if (error instanceof BodyTooLarge) return { code: 'RequestEntityTooLarge', message: error.message, status: 413 };
  return { code: 'InternalError', message: `An internal error has occurred: ${String(error)}`, status: 500 };
}
