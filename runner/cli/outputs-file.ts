/**
 * A file of stacks' outputs, as `cdk deploy --outputs-file` writes it, completed by what an emulator could not tell. Whatever else is in it
 * stays. It is replaced whole: who reads it meanwhile sees the old or the new one.
 */
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { messageOf, systemCode, UserError } from '../errors.js';

type Json = Record<string, unknown>;
/** In upper camel case and as text, as CDK outputs are. */
export type Outputs = Readonly<Record<string, string>>;

/** Undefined when there is none. */
export async function readOutputs(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw new UserError(`${file} cannot be read: ${messageOf(error)}`);
  }
}

/** Adds to the outputs of the stack, which is in the file from then on. */
export async function completeOutputs(file: string, stack: string, outputs: Outputs): Promise<void> {
  const all = await parse(file);
  if (isStack(all)) return write(file, merged(all, outputs));
  const key = keyOf(all, stack) ?? stack;
  await write(file, { ...all, [key]: merged(asJson(all[key]), outputs) });
}

/** The file goes with the last stack in it. */
export async function removeOutputs(file: string, stack: string): Promise<void> {
  const all = await parse(file);
  const key = keyOf(all, stack);
  const left = isStack(all) ? {} : Object.fromEntries(Object.entries(all).filter(([name]) => name !== key));
  await (Object.keys(left).length === 0 ? rm(file, { force: true }) : write(file, left));
}

async function parse(file: string): Promise<Json> {
  const text = await readOutputs(file);
  return text === undefined ? {} : asJson(JSON.parse(text));
}

/** Without a CDK's name above it, as `local up --json` prints one. */
const isStack = (all: Json): boolean => 'QueueUrl' in all || 'queueUrl' in all;

const keyOf = (all: Json, stack: string): string | undefined =>
  Object.keys(all).find((key) => asJson(all[key])['Name'] === stack) ?? (stack in all ? stack : undefined);

/** Of a name that is there in lower camel case, the new value alone counts. */
function merged(before: Json, outputs: Outputs): Json {
  const lower = new Set(Object.keys(outputs).map((name) => name.charAt(0).toLowerCase() + name.slice(1)));
  return { ...Object.fromEntries(Object.entries(before).filter(([name]) => !lower.has(name))), ...outputs };
}

async function write(file: string, all: Json): Promise<void> {
  const temporary = `${file}.${process.pid}`;
  await writeFile(temporary, `${JSON.stringify(all, null, 2)}\n`);
  await rename(temporary, file);
}

const asJson = (value: unknown): Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {};
