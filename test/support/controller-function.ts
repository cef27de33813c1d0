/** Invokes the built controller function as Lambda does: in a process with the function's environment, one event after another. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { StackConfig } from '../../core/contract/stack.js';
import { environmentOf, fieldsOfRecord } from '../../core/contract/stack-fields.js';
import type { ControllerAnswer, LeftToOther } from '../../runner/lambda.js';
import { jsonLines, projectRoot } from './cli.js';

const bundle = pathToFileURL(path.join(projectRoot, 'dist/bundle/controller/index.mjs')).href;

/** Stands in for Lambda's runtime, but without its socket. It prints the answers of all events as its last line. */
const RUNTIME = `
const { handler } = await import(${JSON.stringify(bundle)});
const answers = [];
for (const event of JSON.parse(process.env.EVENTS)) {
  const endMs = Date.now() + 60_000;
  answers.push(await handler(event, { getRemainingTimeInMillis: () => endMs - Date.now() }));
}
process.stdout.write(JSON.stringify({ answers }) + '\\n', () => process.exit(0));
`;

type Answer = ControllerAnswer | LeftToOther;

export interface Invoked {
  readonly answers: readonly Answer[];
  readonly log: readonly Record<string, unknown>[];
}

/** Sends all events to one container, so the function keeps its memory between them. */
export async function invokeController(
  stack: StackConfig,
  events: readonly unknown[],
  env: Readonly<Record<string, string>> = {},
): Promise<Invoked> {
  const { credentials, region } = stack;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', RUNTIME], {
    env: {
      AWS_REGION: region,
      AWS_ACCESS_KEY_ID: credentials?.accessKeyId ?? '',
      AWS_SECRET_ACCESS_KEY: credentials?.secretAccessKey ?? '',
      ...environmentOf(fieldsOfRecord(stack)),
      ...env,
      EVENTS: JSON.stringify(events),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  let errors = '';
  child.stdout.on('data', (data: Buffer) => (output += data.toString()));
  child.stderr.on('data', (data: Buffer) => (errors += data.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  const lines = jsonLines(output);
  const last = lines.at(-1) as { readonly answers?: readonly Answer[] } | undefined;
  if (code !== 0 || last?.answers === undefined) throw new Error(`The function ended with ${code}: ${output}${errors}`);
  return { answers: last.answers, log: lines.slice(0, -1) };
}
