/** Parses faults and imperfections from the command line. */
import { definedFields } from '../defined-fields.js';
import { ImperfectionError } from './imperfections.js';
import { type Fault, FaultRuleError, type FaultRule, type FaultyService } from './request-faults.js';

export const FAULT_SYNTAX = 'service:action:fault[=ms[-ms]][:rate][:times=n][:after=n]';

/**
 * Parses rules such as `sqs:SendMessageBatch:reset-after:0.1`, `s3:*:slow=100-300` and
 * `ec2:ModifyFleet:503:times=2:after=1`. The names of the service and of the fault are checked where the rule is
 * added.
 */
export function parseFault(text: string): FaultRule {
  const [service = '', action = '', what = '', ...rest] = text.split(':');
  const [fault = '', delay] = what.split('=');
  const named: Record<string, number> = {};
  for (const part of rest) {
    const [, name = 'rate', value = ''] = /^(?:(times|after|rate)=)?([\d.]+)$/.exec(part) ?? [];
    if (value === '' || Number.isNaN(Number(value)) || name in named) throw unreadable(text);
    named[name] = Number(value);
  }
  if (service === '' || action === '' || fault === '') throw unreadable(text);
  return {
    service: service as FaultyService,
    action,
    fault: fault as Fault,
    ...named,
    ...definedFields({ delayMs: delayOf(delay, text) }),
  };
}

function delayOf(delay: string | undefined, text: string): FaultRule['delayMs'] {
  if (delay === undefined) return undefined;
  const [, least, most] = /^(\d+)(?:-(\d+))?(?:ms)?$/.exec(delay) ?? [];
  if (least === undefined) throw unreadable(text);
  return most === undefined ? Number(least) : [Number(least), Number(most)];
}

const unreadable = (text: string): FaultRuleError =>
  new FaultRuleError(
    `Invalid fault '${text}'. Expected ${FAULT_SYNTAX}, such as sqs:SendMessageBatch:reset-after:0.1.`,
  );

/** Parses `sqs.counterLagMs=5000` into `{sqs: {counterLagMs: 5000}}`. */
export function parseImperfection(text: string): Readonly<Record<string, Readonly<Record<string, number>>>> {
  const [, group, name, value] = /^(\w+)\.(\w+)=(\d+(?:\.\d+)?)$/.exec(text) ?? [];
  if (group === undefined || name === undefined || value === undefined) {
    throw new ImperfectionError(
      `Invalid imperfection '${text}'. Expected service.name=number, such as sqs.counterLagMs=5000.`,
    );
  }
  return { [group]: { [name]: Number(value) } };
}
