/** Makes the JSON Schema of the record of a job from its type. `npm run docs` writes it to docs/reference/job-record.schema.json. */
import path from 'node:path';
import ts from 'typescript';
import {
  type BaseType,
  BooleanType,
  createFormatter,
  createParser,
  createProgram,
  DEFAULT_CONFIG,
  LiteralType,
  NumberType,
  ObjectProperty,
  ObjectType,
  SchemaGenerator,
  StringType,
  type SubNodeParser,
  UnionType,
} from 'ts-json-schema-generator';

const TYPE = 'JobRecord';
/** These types are calculated from the table of options. The generator cannot follow that, but the compiler can. */
const CALCULATED = ['JobOptions', 'ResumeOptions'];

/** The flag of an optional field is the same in both compilers. */
const OPTIONAL = ts.SymbolFlags.Optional;

export function jobRecordSchema(): string {
  const root = process.cwd();
  const config = {
    ...DEFAULT_CONFIG,
    path: path.join(root, 'core/record/job-record.ts'),
    tsconfig: path.join(root, 'tsconfig.json'),
    type: TYPE,
    // A reader ignores fields that it does not know, so a newer record is valid, too.
    additionalProperties: true,
    skipTypeCheck: true,
  };
  const program = createProgram(config);
  const parser = createParser(program, config, (chain) => {
    chain.addNodeParser(new CalculatedTypeParser(program.getTypeChecker()));
  });
  const schema = new SchemaGenerator(program, parser, createFormatter(config), config).createSchema(TYPE);
  return JSON.stringify({ title: 'The record of a job of spotpool', ...schema });
}

/** These types are of the generator's own compiler. */
type Checker = ReturnType<ReturnType<typeof createProgram>['getTypeChecker']>;
type Node = Parameters<SubNodeParser['supportsNode']>[0];
type CheckedType = ReturnType<Checker['getTypeAtLocation']>;

class CalculatedTypeParser implements SubNodeParser {
  readonly #checker: Checker;

  constructor(checker: Checker) {
    this.#checker = checker;
  }

  supportsNode(node: Node): boolean {
    if (!('typeName' in node)) return false;
    const { typeName } = node as { readonly typeName: Node };
    return CALCULATED.includes(typeName.getText());
  }

  createType(node: Node): BaseType {
    return this.#typeOf(this.#checker.getTypeAtLocation(node), node);
  }

  /** The generator brings a compiler of its own, whose flags are not those of ours. So types are told apart by their text. */
  #typeOf(type: CheckedType, node: Node): BaseType {
    const text = this.#checker.typeToString(type);
    if (text === 'boolean') return new BooleanType();
    if (text === 'number') return new NumberType();
    if (text === 'string' || text.startsWith('`')) return new StringType();
    if (type.isStringLiteral() || type.isNumberLiteral()) return new LiteralType(type.value);
    if (type.isUnion()) {
      const members = type.types.filter((member) => this.#checker.typeToString(member) !== 'undefined');
      return new UnionType(members.map((member) => this.#typeOf(member, node)));
    }
    const values = type.getStringIndexType();
    if (values !== undefined) return new ObjectType('', [], [], this.#typeOf(values, node));
    const properties = type.getProperties().map((property) => {
      const of = this.#checker.getTypeOfSymbolAtLocation(property, node);
      const isOptional = (property.flags & OPTIONAL) !== 0;
      return new ObjectProperty(property.name, this.#typeOf(of, node), !isOptional);
    });
    if (properties.length === 0) throw new Error(`No schema is known for the type ${text}.`);
    return new ObjectType('', [], properties, true);
  }
}
