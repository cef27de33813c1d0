/**
 * The universal targets that are served, and the members of their `Input`: the names of the service's API, in upper
 * camel case, as AWS takes them.
 * https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-targets-universal.html
 */
import { invalid, notSupported } from './errors.js';

export interface UniversalTarget {
  readonly action: 'ModifyFleet' | 'ModifySpotFleetRequest';
  readonly required: readonly string[];
  readonly known: Readonly<Record<string, readonly string[]>>;
}

/** Calls the API; throws the API's error. */
export type InvokeTarget = (action: UniversalTarget['action'], parameters: Readonly<Record<string, unknown>>) => void;

const TARGETS: Readonly<Record<string, UniversalTarget>> = {
  /** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyFleet.html */
  'ec2:modifyFleet': {
    action: 'ModifyFleet',
    required: ['FleetId'],
    known: {
      FleetId: [],
      ExcessCapacityTerminationPolicy: [],
      TargetCapacitySpecification: [
        'TotalTargetCapacity',
        'OnDemandTargetCapacity',
        'SpotTargetCapacity',
        'DefaultTargetCapacityType',
        'TargetCapacityUnitType',
      ],
    },
  },
  /** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifySpotFleetRequest.html */
  'ec2:modifySpotFleetRequest': {
    action: 'ModifySpotFleetRequest',
    required: ['SpotFleetRequestId'],
    known: {
      SpotFleetRequestId: [],
      ExcessCapacityTerminationPolicy: [],
      TargetCapacity: [],
      OnDemandTargetCapacity: [],
    },
  },
};

export function universalTarget(arn: string): UniversalTarget {
  const name = /^arn:aws[a-z-]*:scheduler:::aws-sdk:(\w+:\w+)$/.exec(arn)?.[1];
  const found = name !== undefined && Object.hasOwn(TARGETS, name) ? TARGETS[name] : undefined;
  if (found !== undefined) return found;
  const served = Object.keys(TARGETS).map((target) => `arn:aws:scheduler:::aws-sdk:${target}`);
  throw notSupported(`the target ${arn}: only ${served.join(' and ')}`);
}

export function parseInput(target: UniversalTarget, input: string): Readonly<Record<string, unknown>> {
  const parameters = parseObject(input);
  const missing = target.required.filter((name) => parameters[name] === undefined);
  if (missing.length > 0) {
    throw badInput(`Request payload is missing the following field(s): ${missing.join(', ')}.`);
  }
  const unknown = Object.entries(parameters).flatMap(([name, value]) => unknownNames(target, name, value));
  if (unknown.length > 0) {
    throw badInput(`The local cloud's ${target.action} does not take the following field(s): ${unknown.join(', ')}.`);
  }
  return parameters;
}

function unknownNames({ known }: UniversalTarget, name: string, value: unknown): readonly string[] {
  const members = Object.hasOwn(known, name) ? known[name] : undefined;
  if (members === undefined) return [name];
  const isObject = typeof value === 'object' && value !== null;
  if (isObject !== members.length > 0) return [name];
  return isObject
    ? Object.keys(value)
        .filter((member) => !members.includes(member))
        .map((member) => `${name}.${member}`)
    : [];
}

function parseObject(input: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(input);
  } catch {
    throw badInput('It is not JSON.');
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw badInput('It is not a JSON object.');
}

const badInput = (reason: string) => invalid(`Invalid RequestJson provided. Reason ${reason}`);
