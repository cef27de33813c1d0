/** Checks notifications against the published schema. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Ajv } from 'ajv';
import { projectRoot } from './cli.js';

/** Returns the faults of the notification; none when it is valid. */
export function notificationFaults(notification: unknown): readonly string[] {
  const file = path.join(projectRoot, 'docs/reference/notification.schema.json');
  const schema: unknown = JSON.parse(readFileSync(file, 'utf8'));
  const validate = new Ajv({ allErrors: true, strict: false }).compile(schema as object);
  validate(notification);
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message ?? ''}`);
}
