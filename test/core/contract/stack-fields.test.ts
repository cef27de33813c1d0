import { describe, expect, it } from 'vitest';
import { configOfValues, type StackConfig } from '../../../core/contract/stack.js';
import {
  environmentOf,
  fieldsOfEnvironment,
  fieldsOfRecord,
  outputName,
  outputsOf,
  problemOfField,
  STACK_FIELD_NAMES,
  type StackFields,
  valuesOf,
  variableOf,
} from '../../../core/contract/stack-fields.js';

const EVERY_FIELD: Required<StackFields> = {
  name: 'pool',
  region: 'eu-west-1',
  queueUrl: 'http://127.0.0.1/q',
  deadLetterQueueUrl: 'http://127.0.0.1/d',
  bucket: 'b',
  fleetId: 'fleet-1',
  maxWorkers: '7',
  minVcpus: '2',
  spotQuotas: 'g:4,p5:16',
  maxIdleSeconds: '600',
  maxLifeSeconds: '3600',
  architecture: 'arm64',
  python: '3.13',
  platform: 'aarch64-manylinux_2_34',
  isolated: 'true',
  controlled: 'true',
  controllerFunction: 'f',
  schedulerGroup: 'g',
  schedulerRoleArn: 'arn:aws:iam::1:role/r',
  topicArn: 'arn:aws:sns:eu-west-1:1:t',
  notifySecretArn: 'arn:aws:secretsmanager:eu-west-1:1:secret:s-AbCdEf',
  stackId: 'arn:aws:cloudformation:eu-west-1:1:stack/s/1',
  installedWorker: 'true',
  endpoint: 'http://127.0.0.1',
  accessKeyId: 'a',
  secretAccessKey: 's',
};

const config = (): StackConfig => {
  const made = configOfValues(valuesOf(EVERY_FIELD));
  if (made === undefined) throw new Error('A required field is missing.');
  return made;
};

describe('the fields of a stack', () => {
  it('are each read back from the outputs, from a stored configuration, and from the environment', () => {
    expect(Object.keys(EVERY_FIELD).sort()).toEqual([...STACK_FIELD_NAMES].sort());
    expect(fieldsOfRecord(outputsOf(EVERY_FIELD))).toEqual(EVERY_FIELD);
    expect(fieldsOfRecord(config())).toEqual(EVERY_FIELD);
    const inEnvironment = Object.entries(EVERY_FIELD).filter(([name]) => variableOf(name as keyof StackFields));
    expect(fieldsOfEnvironment(environmentOf(EVERY_FIELD))).toEqual(Object.fromEntries(inEnvironment));
  });

  it('become numbers, flags and groups in a configuration', () => {
    expect(config()).toMatchObject({ maxWorkers: 7, isolated: true, minVcpus: 2 });
    expect(config().scheduler).toEqual({ roleArn: EVERY_FIELD.schedulerRoleArn, groupName: 'g' });
    expect(config().credentials).toEqual({ accessKeyId: 'a', secretAccessKey: 's' });
  });

  it('have names of their own', () => {
    const variables = STACK_FIELD_NAMES.flatMap((field) => variableOf(field) ?? []);
    expect(new Set(variables).size).toBe(variables.length);
    expect(new Set(STACK_FIELD_NAMES.map(outputName)).size).toBe(STACK_FIELD_NAMES.length);
  });

  it.each(['0', '-1', '2.5', 'many'])('refuse a maximum of %s workers', (text) => {
    expect(problemOfField('maxWorkers', text)).toBe(`is "${text}": set it to a whole number from 1`);
  });

  it('make no configuration while a required one is missing', () => {
    expect(configOfValues(valuesOf({ ...EVERY_FIELD, bucket: undefined }))).toBeUndefined();
  });
});
