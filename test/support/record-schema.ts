/** Checks records of jobs against the published schema. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Ajv } from 'ajv';
import { projectRoot } from './cli.js';

/** Returns the faults of the record; none when it is valid. */
export function faultsOf(record: unknown): readonly string[] {
  const schema: unknown = JSON.parse(
    readFileSync(path.join(projectRoot, 'docs/reference/job-record.schema.json'), 'utf8'),
  );
  const validate = new Ajv({ allErrors: true, strict: false }).compile(schema as object);
  validate(record);
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message ?? ''}`);
}
