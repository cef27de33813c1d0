/**
 * Updates a file of stack outputs, in the format of `cdk deploy --outputs-file`, with the outputs that an emulator could not give. Other
 * content of the file is kept. A new file replaces the old one in one step, so a concurrent reader sees either the old or the new one.
 */
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { messageOf, systemCode, UserError } from '../runner/errors.js';

type Json = Record<string, unknown>;
/** Names are in upper camel case and values are text, as in CDK outputs. */
export type Outputs = Readonly<Record<string, string>>;

/** Undefined when the file does not exist. */
export async function readOutputs(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw new UserError(`Could not read the stack outputs in ${file}: ${messageOf(error)}`);
  }
}

/** Adds `outputs` to those of the stack. The stack is added to the file when it is not there yet. */
export async function completeOutputs(file: string, stack: string, outputs: Outputs): Promise<void> {
  const all = await parse(file);
  if (isStack(all)) return write(file, merged(all, outputs));
  const key = keyOf(all, stack) ?? stack;
  await write(file, { ...all, [key]: merged(asJson(all[key]), outputs) });
}

/** Removes the stack's outputs, and the file when no other stack is left in it. */
export async function removeOutputs(file: string, stack: string): Promise<void> {
  const all = await parse(file);
  const key = keyOf(all, stack);
  const left = isStack(all) ? {} : Object.fromEntries(Object.entries(all).filter(([name]) => name !== key));
  await (Object.keys(left).length === 0 ? rm(file, { force: true }) : write(file, left));
}

async function parse(file: string): Promise<Json> {
  const text = await readOutputs(file);
  const value: unknown = text === undefined ? {} : JSON.parse(text);
  return asJson(value);
}

/** True for outputs without a stack's name above them, as `local up --json` prints them. */
const isStack = (all: Json): boolean => 'QueueUrl' in all || 'queueUrl' in all;

const keyOf = (all: Json, stack: string): string | undefined =>
  Object.keys(all).find((key) => asJson(all[key])['Name'] === stack) ?? (stack in all ? stack : undefined);

/** A new output also replaces its old value under a name in lower camel case, so that the file never holds two values. */
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
