/** Finds what a Python source imports, wherever the import stands: in functions, in `try` blocks, behind a semicolon. */
import { type PythonToken, pythonTokens } from './python-tokens.js';

export interface PythonImport {
  /** The number of leading dots; 0 for an absolute import. */
  readonly level: number;
  /** The dotted name, without the leading dots. '' for `from . import x`. */
  readonly module: string;
  /** The names after `import` in `from … import …`. Each may be a module of the package. */
  readonly names: readonly string[];
  readonly line: number;
}

export function importsOf(source: string): readonly PythonImport[] {
  const tokens = pythonTokens(source);
  const found: PythonImport[] = [];
  for (const [at, token] of tokens.entries()) {
    if (token.kind !== 'word') continue;
    const isStatement = isAtStart(tokens, at);
    if (isStatement && token.text === 'import') found.push(...plainImports(tokens, at));
    else if (isStatement && token.text === 'from') found.push(...fromImport(tokens, at));
    else found.push(...dynamicImport(tokens, at));
  }
  return found;
}

/** `raise … from error` and `yield from` are no imports: their `from` does not begin a statement. */
function isAtStart(tokens: readonly PythonToken[], at: number): boolean {
  const before = tokens[at - 1];
  return (
    before === undefined || before.kind === 'newline' || (before.kind === 'operator' && ';:'.includes(before.text))
  );
}

/** Reads `import a.b as c, d`. */
function plainImports(tokens: readonly PythonToken[], start: number): readonly PythonImport[] {
  const found: PythonImport[] = [];
  let at = start + 1;
  for (;;) {
    const { name, end } = dottedName(tokens, at);
    if (name === '') return found;
    found.push({ level: 0, module: name, names: [], line: tokens[start]?.line ?? 0 });
    at = tokens[end]?.text === 'as' ? end + 2 : end;
    if (tokens[at]?.text !== ',') return found;
    at += 1;
  }
}

/** Reads `from ..a.b import (c, d as e)`. */
function fromImport(tokens: readonly PythonToken[], start: number): readonly PythonImport[] {
  let at = start + 1;
  let level = 0;
  for (; tokens[at]?.text === '.'; at += 1) level += 1;
  const { name, end } = dottedName(tokens, at);
  if (tokens[end]?.text !== 'import') return [];
  const names: string[] = [];
  for (at = end + 1; at < tokens.length && tokens[at]?.kind !== 'newline' && tokens[at]?.text !== ';'; at += 1) {
    const token = tokens[at];
    if (token?.kind !== 'word' || token.text === 'as' || tokens[at - 1]?.text === 'as') continue;
    names.push(token.text);
  }
  return [{ level, module: name, names, line: tokens[start]?.line ?? 0 }];
}

/** Reads `importlib.import_module("a.b")` and `__import__("a")`. A name that is computed cannot be known. */
function dynamicImport(tokens: readonly PythonToken[], at: number): readonly PythonImport[] {
  const [token, bracket, argument, after] = tokens.slice(at, at + 4);
  if (token === undefined || !['import_module', '__import__'].includes(token.text)) return [];
  if (bracket?.text !== '(' || argument?.kind !== 'string' || !/^[\w.]+$/.test(argument.text)) return [];
  if (after?.text !== ')' && after?.text !== ',') return [];
  const [, dots = '', module = ''] = /^(\.*)(.*)$/.exec(argument.text) ?? [];
  return [{ level: dots.length, module, names: [], line: token.line }];
}

function dottedName(tokens: readonly PythonToken[], start: number): { readonly name: string; readonly end: number } {
  let name = '';
  let at = start;
  while (tokens[at]?.kind === 'word' && tokens[at]?.text !== 'import') {
    name += tokens[at]?.text ?? '';
    at += 1;
    if (tokens[at]?.text !== '.') break;
    name += '.';
    at += 1;
  }
  return { name, end: at };
}
