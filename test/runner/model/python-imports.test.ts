import { describe, expect, it } from 'vitest';
import { definitionsOf } from '../../../runner/model/python-definitions.js';
import { importsOf } from '../../../runner/model/python-imports.js';

const modules = (source: string): readonly string[] =>
  importsOf(source).map(({ level, module, names, line }) =>
    `${line} ${'.'.repeat(level)}${module} ${names.join(',')}`.trim(),
  );

describe('the scanner of imports', () => {
  it('finds imports of every form', () => {
    const source = [
      'import a, b.c as d',
      'from e.f import g as h, i',
      'from . import j',
      'from ..k import (',
      '    l,  # a comment with import nothing',
      '    m as n,',
      ')',
      'from o import *',
      'import \\',
      '    p',
    ].join('\n');
    expect(modules(source)).toEqual(['1 a', '1 b.c', '2 e.f g,i', '3 . j', '4 ..k l,m', '8 o', '9 p']);
  });

  it('finds imports in functions, in try blocks, behind a colon and behind a semicolon', () => {
    const source =
      'def f():\n\timport a\ntry: import b\nexcept ImportError: b = None\nx = 1; import c; from d import e; y = 2\n';
    expect(modules(source)).toEqual(['2 a', '3 b', '5 c', '5 d e']);
  });

  it('takes no string, comment, attribute or other use of the words for an import', () => {
    const source = [
      '"""import a',
      'from b import c"""',
      "s = 'import d'; t = r'\\\\'; import e",
      '# import f',
      'raise ValueError("from g import h") from error',
      'yield from i',
      "b'''\nimport j\n'''",
      'module.import_name("k")',
    ].join('\n');
    expect(modules(source)).toEqual(['3 e']);
  });

  it('reads f-strings with nested quotes, format specifications and escaped braces', () => {
    const source = [
      `a = f"{d["import b"]}"; import c`,
      `a = f'{x:'>10}'`,
      `a = f"{{import d}} {x!r:{w}} {y if z else 'import e'}"; import f`,
      'a = f"""{',
      'import_g',
      '}"""; import h',
    ].join('\n');
    expect(modules(source)).toEqual(['1 c', '3 f', '6 h']);
  });

  it('reads import_module and __import__ with a name that is written out', () => {
    expect(
      modules('importlib.import_module("a.b")\n__import__(\'c\')\nimport_module(name)\nimport_module("d" + x)'),
    ).toEqual(['1 a.b', '2 c']);
  });

  it('reads Windows line ends, a byte order mark and names that are not ASCII', () => {
    expect(modules('\uFEFFimport größe\r\nimport b\r\n')).toEqual(['1 größe', '2 b']);
  });
});

describe('the scanner of definitions', () => {
  const names = (source: string): readonly string[] =>
    definitionsOf(source).named.map(({ name, kind, line }) => `${line} ${kind} ${name}`);

  it('finds functions, classes, assignments and imports of the top level, also in if and try', () => {
    const source = [
      'async def predict(items):',
      '    inner = 1',
      '    def hidden(): pass',
      'class Model(Base): pass',
      'if True:',
      '    def chosen(x): return x',
      'try:',
      '    from fast import quick as fast',
      'except ImportError: fast = None',
      'a = b = lambda x=1: x == 2',
      'c: int = 3',
      'd.e = 4',
      'if a == b: pass',
    ].join('\n');
    expect(names(source)).toEqual([
      '1 function predict',
      '4 class Model',
      '6 function chosen',
      '8 value fast',
      '9 value fast',
      '10 value a',
      '10 value b',
      '11 value c',
      '12 value d',
    ]);
  });

  it('knows the methods of a class without bases, and says that those of another class are unknown', () => {
    const source =
      'class A:\n    x = 1\n    def predict(self, items):\n        pass\nclass B(C):\n    pass\n@wrap\nclass D:\n    pass\n';
    expect(definitionsOf(source).named.map(({ name, methods }) => [name, methods])).toEqual([
      ['A', ['x', 'predict']],
      ['B', undefined],
      ['D', undefined],
    ]);
  });
});
