/** Finds the names that a Python file defines at its top level, and the methods of its classes, as far as the syntax shows them. */
import { type PythonToken, pythonTokens } from './python-tokens.js';

export interface PythonDefinition {
  readonly name: string;
  /** `value`: an assignment or an import, of which the syntax does not show what it is. */
  readonly kind: 'function' | 'class' | 'value';
  readonly line: number;
  /** The methods of a class. Undefined when it has base classes, because those may define more. */
  readonly methods?: readonly string[];
}

export interface PythonDefinitions {
  readonly named: readonly PythonDefinition[];
  /** True for a file with `from x import *`, which may define any name. */
  readonly isOpen: boolean;
}

type Line = readonly PythonToken[];

/** Statements in these blocks define names of the block around them. */
const TRANSPARENT = new Set([
  'if',
  'elif',
  'else',
  'try',
  'except',
  'finally',
  'with',
  'for',
  'while',
  'match',
  'case',
]);

export function definitionsOf(source: string): PythonDefinitions {
  const lines = logicalLines(pythonTokens(source));
  const named: PythonDefinition[] = [];
  let isOpen = false;
  for (const { line, index } of statementsOf(lines, 0, 0)) {
    isOpen ||= isStarImport(line);
    named.push(...namesOf(line, lines, index));
  }
  return { named, isOpen };
}

function logicalLines(tokens: readonly PythonToken[]): readonly Line[] {
  const lines: PythonToken[][] = [[]];
  for (const token of tokens) {
    if (token.kind === 'newline') lines.push([]);
    else lines.at(-1)?.push(token);
  }
  return lines.filter((line) => line.length > 0);
}

interface Statement {
  readonly line: Line;
  readonly index: number;
}

/** The statements of one block, with those of `if`, `try` and the like in it. Bodies of functions and classes are left out. */
function statementsOf(lines: readonly Line[], from: number, indent: number): readonly Statement[] {
  const found: Statement[] = [];
  let hiddenBeyond = Infinity;
  for (let index = from; index < lines.length; index += 1) {
    const line = lines[index] ?? [];
    const at = line[0]?.indent ?? 0;
    if (at < indent) break;
    if (at > hiddenBeyond) continue;
    const opener = openerOf(line);
    hiddenBeyond = opener === 'def' || opener === 'class' ? at : Infinity;
    found.push({ line, index });
  }
  return found;
}

const openerOf = (line: Line): string => (line[0]?.text === 'async' ? (line[1]?.text ?? '') : (line[0]?.text ?? ''));

function isStarImport(line: Line): boolean {
  return line[0]?.text === 'from' && line.at(-1)?.text === '*';
}

function namesOf(line: Line, lines: readonly Line[], index: number): readonly PythonDefinition[] {
  const opener = openerOf(line);
  const skip = line[0]?.text === 'async' ? 2 : 1;
  const number = line[0]?.line ?? 0;
  const name = line[skip]?.text ?? '';
  if (opener === 'def') return [{ name, kind: 'function', line: number }];
  if (opener === 'class') return [classOf(line, lines, index)];
  if (opener === 'import' || opener === 'from') return importedNames(line, number);
  if (TRANSPARENT.has(opener)) {
    // A statement may follow on the same line: `if fast: predict = quick`.
    const colon = line.findIndex((token) => token.text === ':');
    return colon < 0 || colon === line.length - 1 ? [] : namesOf(line.slice(colon + 1), lines, index);
  }
  return assignedNames(line, number);
}

function classOf(line: Line, lines: readonly Line[], index: number): PythonDefinition {
  const indent = line[0]?.indent ?? 0;
  const definition = { name: line[1]?.text ?? '', kind: 'class', line: line[0]?.line ?? 0 } as const;
  const hasBases = line[2]?.text === '(' && line[3]?.text !== ')';
  const isDecorated = lines[index - 1]?.[0]?.text === '@';
  if (hasBases || isDecorated) return definition;
  const body = statementsOf(lines, index + 1, indent + 1);
  return { ...definition, methods: body.flatMap((one) => namesOf(one.line, lines, one.index)).map(({ name }) => name) };
}

function importedNames(line: Line, number: number): readonly PythonDefinition[] {
  const from = line.findIndex((token) => token.text === 'import');
  const names: string[] = [];
  for (const [at, token] of line.entries()) {
    if (at <= from || token.kind !== 'word' || token.text === 'as') continue;
    if (line[at - 1]?.text === '.') continue;
    if (line[at - 1]?.text === 'as') names.pop();
    names.push(token.text);
  }
  return names.map((name) => ({ name, kind: 'value', line: number }));
}

/** Reads `a = b = …`, `a: int = …` and `a, b = …`. */
function assignedNames(line: Line, number: number): readonly PythonDefinition[] {
  const isAssignment = (at: number): boolean =>
    line[at]?.text === '=' && line[at + 1]?.text !== '=' && !'=!<>'.includes(line[at - 1]?.text ?? '=');
  let last = -1;
  let depth = 0;
  for (const [at, { text, kind }] of line.entries()) {
    if (text === 'lambda') break; // its parameters have defaults with `=`
    if (kind !== 'operator') continue;
    if ('([{'.includes(text)) depth += 1;
    if (')]}'.includes(text)) depth -= 1;
    if (depth === 0 && isAssignment(at)) last = at;
  }
  const targets = line
    .slice(0, Math.max(0, last))
    .filter((token, at) => token.kind === 'word' && line[at - 1]?.text !== '.' && line[at - 1]?.text !== ':');
  return targets.map(({ text }) => ({ name: text, kind: 'value', line: number }));
}
