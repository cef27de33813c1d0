/** Makes the JSON Schema of the notification of a job's end from its type. `npm run docs` writes it to docs/reference/notification.schema.json. */
import path from 'node:path';
import { createGenerator } from 'ts-json-schema-generator';

const TYPE = 'JobNotification';

export function notificationSchema(): string {
  const root = process.cwd();
  const schema = createGenerator({
    path: path.join(root, 'core/contract/notification.ts'),
    tsconfig: path.join(root, 'tsconfig.json'),
    type: TYPE,
    // A reader ignores fields that it does not know, so a newer notification is valid, too.
    additionalProperties: true,
    skipTypeCheck: true,
  }).createSchema(TYPE);
  return JSON.stringify({ title: "The notification of a job's end of spotpool", ...schema });
}
