/**
 * Asks a simulator of IAM whether the stack's policies allow a call, and which parts of the policies the call has used. The simulator has the AGPL
 * licence, so only tests may use it, and nothing of it may be shipped.
 */
import { runSimulation, type Simulation } from '@cloud-copilot/iam-simulate';
import type { Need } from './calls.js';
import { ACCOUNT } from './names.js';
import type { Policy, Principal, StackPolicies, Statement } from './policies.js';

export interface Verdict {
  readonly result: 'Allowed' | 'ExplicitlyDenied' | 'ImplicitlyDenied';
  /** The statements that allow the call, as `Sid: action on resource`. */
  readonly uses: readonly string[];
}

/** The caller: a principal of the stack, or another one with its own policy. */
export type Caller = Principal | Policy;

export async function judge(
  policies: StackPolicies,
  caller: Caller,
  { action, resource, context }: Need,
): Promise<Verdict> {
  const owner = Object.keys(policies.ofResources).find((arn) => resource === arn || resource.startsWith(`${arn}/`));
  const simulation: Simulation = {
    request: {
      principal: `arn:aws:iam::${ACCOUNT}:role/${typeof caller === 'string' ? caller : 'somebody'}`,
      action,
      resource: { resource, accountId: ACCOUNT },
      contextVariables: context,
    },
    identityPolicies: [{ name: 'own', policy: typeof caller === 'string' ? policies.of[caller] : caller }],
    serviceControlPolicies: [],
    resourceControlPolicies: [],
    ...(owner === undefined ? {} : { resourcePolicy: policies.ofResources[owner] }),
  };
  const simulated = await runSimulation(simulation, {});
  if (simulated.resultType === 'error') {
    throw new Error(`${action} on ${resource} cannot be simulated: ${JSON.stringify(simulated.errors)}`);
  }
  if (simulated.resultType === 'wildcard') throw new Error(`${resource} is not one resource.`);
  const { overallResult, result } = simulated;
  const allowing = overallResult === 'Allowed' ? (result.analysis.identityAnalysis?.allowStatements ?? []) : [];
  return { result: overallResult, uses: allowing.flatMap(({ explain }) => partsThatMatch(explain)) };
}

type Explain = NonNullable<
  Extract<Awaited<ReturnType<typeof runSimulation>>, { resultType: 'single' }>['result']['analysis']['identityAnalysis']
>['allowStatements'][number]['explain'];

function partsThatMatch({ identifier, actions, resources }: Explain): readonly string[] {
  const matching = [actions ?? []].flat().filter(({ matches }) => matches);
  return matching.flatMap(({ action }) =>
    [resources ?? []]
      .flat()
      .flatMap(({ matches, resource }) => (matches ? [partOf(identifier, action, resource)] : [])),
  );
}

/** Everything that a policy allows, in the form of `Verdict.uses`. */
export const partsOf = (policy: Policy): readonly string[] =>
  policy.Statement.flatMap(({ Sid, Action, Resource }: Statement) =>
    [Action]
      .flat()
      .flatMap((action) => [Resource].flat().map((resource) => partOf(Sid, String(action), String(resource)))),
  );

const partOf = (sid: string, action: string, resource: string): string => `${sid}: ${action} on ${resource}`;
