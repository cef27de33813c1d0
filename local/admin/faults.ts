/**
 * Faults and imperfections, changed while the cloud runs (local/faults/).
 *
 * GET    /_local/faults           POST /_local/faults {"service":"sqs","action":"Send*","fault":"500","rate":0.1}
 * DELETE /_local/faults           DELETE /_local/faults/<id>
 * GET    /_local/imperfections    POST /_local/imperfections {"sqs":{"counterLagMs":5000}}
 * DELETE /_local/imperfections
 */
import {
  changeImperfections,
  ImperfectionError,
  type Imperfections,
  noImperfections,
} from '../faults/imperfections.js';
import { type FaultRule, FaultRuleError, RequestFaults } from '../faults/request-faults.js';
import { type Body, AdminError } from './body.js';

export interface FaultControls {
  readonly requests: RequestFaults;
  readonly imperfections: Imperfections;
}

export const noFaults = (seed = 0): FaultControls => ({
  requests: new RequestFaults(seed),
  imperfections: noImperfections(),
});

export interface FaultRoute {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: RegExp;
  readonly act: (controls: FaultControls, id: string, body: Body) => unknown;
}

const FAULTS = /^\/_local\/faults$/;
const IMPERFECTIONS = /^\/_local\/imperfections$/;

export const faultRoutes: readonly FaultRoute[] = [
  { method: 'GET', path: FAULTS, act: ({ requests }) => ({ faults: requests.list() }) },
  { method: 'POST', path: FAULTS, act: ({ requests }, _, body) => checked(() => requests.put(ruleOf(body))) },
  { method: 'DELETE', path: FAULTS, act: ({ requests }) => (requests.clear(), { faults: [] }) },
  {
    method: 'DELETE',
    path: /^\/_local\/faults\/([^/]+)$/,
    act: removeFault,
  },
  { method: 'GET', path: IMPERFECTIONS, act: ({ imperfections }) => imperfections },
  {
    method: 'POST',
    path: IMPERFECTIONS,
    act: ({ imperfections }, _, body) => checked(() => (changeImperfections(imperfections, body), imperfections)),
  },
  {
    method: 'DELETE',
    path: IMPERFECTIONS,
    act: ({ imperfections }) => (changeImperfections(imperfections, noImperfections()), imperfections),
  },
];

function removeFault({ requests }: FaultControls, id: string): unknown {
  if (!requests.remove(id)) throw new AdminError(404, `There is no fault with the id ${id}.`);
  return { faults: requests.list() };
}

const RULE_FIELDS: readonly string[] = [
  'service',
  'action',
  'fault',
  'rate',
  'times',
  'after',
  'delayMs',
] satisfies readonly (keyof FaultRule)[];

/** The fields' values are checked where the rule is added. */
function ruleOf(body: Body): FaultRule {
  const unknown = Object.keys(body).find((name) => !RULE_FIELDS.includes(name));
  if (unknown !== undefined)
    throw new FaultRuleError(
      `Unknown field ${JSON.stringify(unknown)} of a fault. The fields are ${RULE_FIELDS.join(', ')}.`,
    );
  return body as unknown as FaultRule;
}

function checked<Result>(act: () => Result): Result {
  try {
    return act();
  } catch (error) {
    if (error instanceof FaultRuleError || error instanceof ImperfectionError) throw new AdminError(400, error.message);
    throw error;
  }
}
