/**
 * Makes the reference of the configuration from the tables of the code: the pool's properties, the fields of a stack, and the worker's variables.
 * `npm run docs` writes it to docs/reference/configuration.md.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { outputName, STACK_FIELD_NAMES, STACK_FIELDS } from '../../core/contract/stack-fields.js';
import { PROPERTIES } from '../../infra/props.js';
import type { Rule } from '../../infra/property-rules.js';
import { WORKER_VARIABLES } from '../../worker/config.js';

export const configurationReference = (): string =>
  [
    '# Configuration',
    '<!-- Written by `npm run docs` from infra/props.ts, core/contract/stack-fields.ts and worker/config.ts. -->',
    'This page lists the properties of the stack, the fields by which commands know a stack, and the environment variables. The options of commands are in [cli.md](cli.md).',
    '## Properties of the stack',
    'Configure the stack in `cdk.json` under `context.spotpool`, or with `-c spotpool=\'{"maxWorkers":50}\'`. The construct `SpotPool` of `spotpool/infra` takes the same properties. Invalid values fail `cdk synth` with an explanation.',
    'Two more names of the context stand beside `spotpool`: `-c stack=NAME` names the CloudFormation stack (default: `Spotpool`), and `-c controller=cli` overrides the property `controller`.',
    table(['property', 'values', 'default', 'meaning'], propertyRows()),
    '## Fields of a stack',
    'Commands read these fields from the outputs in `cdk-outputs.json`, from the file of `--stack`, or from the environment. Outputs are named in upper camel case; the JSON of `spotpool local up --json` uses lower camel case. The CDK stack writes the outputs that are marked with a star.',
    table(['output', 'variable', 'meaning'], fieldRows()),
    'The CDK stack also writes `UserPolicyArn`: the managed policy to attach to people or roles that use the CLI.',
    "## The CLI's other variables",
    table(
      ['variable', 'meaning'],
      [
        [code('SPOTPOOL_HOME'), 'The folder for the state of `spotpool local up`.'],
        [
          code('SPOTPOOL_NOTIFY'),
          'The addresses to which `run`, `watch` and `rerun` post the end of the job, with blanks between them.',
        ],
        [code('SPOTPOOL_NOTIFY_KEY'), 'The key with which such a post is signed: `whsec_…`.'],
        [code('SPOTPOOL_DEBUG'), 'Any value makes the CLI print the stack trace of an error.'],
      ],
    ),
    "## The worker's variables",
    "The boot script of an instance sets these variables. The worker's AWS credentials come from the SDK's default chain: the role of the instance.",
    table(['variable', 'values', 'default', 'meaning'], workerRows()),
  ].join('\n\n') + '\n';

function propertyRows(): readonly (readonly string[])[] {
  const comments = propertyComments();
  return Object.entries<Rule<unknown>>(PROPERTIES).map(([name, { values, byDefault }]) => {
    const [meaning = '', described] = (comments.get(name) ?? '').split(/\s*Default: (?=[^.]*\.$)/);
    const standard =
      byDefault === undefined
        ? (described?.replace(/\.$/, '') ?? '')
        : code(typeof byDefault === 'string' ? byDefault : JSON.stringify(byDefault));
    return [code(name), values, standard, meaning];
  });
}

/** The comment above a property's row is its help, which editors show, too. */
function propertyComments(): ReadonlyMap<string, string> {
  const file = path.join(process.cwd(), 'infra/props.ts');
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true);
  const comments = new Map<string, string>();
  const visit = (node: ts.Node): void => {
    if (ts.isPropertyAssignment(node) && ts.isIdentifier(node.name) && !comments.has(node.name.text)) {
      const text = ts.getJSDocCommentsAndTags(node).map(({ comment }) => ts.getTextOfJSDocComment(comment) ?? '');
      comments.set(node.name.text, text.join(' ').replaceAll(/\s+/g, ' '));
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return comments;
}

const fieldRows = (): readonly (readonly string[])[] =>
  STACK_FIELD_NAMES.map((name) => {
    const field = STACK_FIELDS[name];
    const variable = 'variable' in field ? code(field.variable) : '';
    const deployed = 'deployed' in field || name === 'stackId';
    return [`${code(outputName(name))}${deployed ? ' \\*' : ''}`, variable, [field.help, ...notes(field)].join(' ')];
  });

function notes(field: (typeof STACK_FIELDS)[keyof typeof STACK_FIELDS]): readonly string[] {
  return [
    ...('required' in field ? ['Required.'] : []),
    ...('byDefault' in field ? [`Default: ${code(String(field.byDefault))}.`] : []),
  ];
}

const workerRows = (): readonly (readonly string[])[] =>
  Object.values(WORKER_VARIABLES).map((row) => [
    code(row.variable),
    'values' in row ? (row.values ?? '') : 'text',
    'required' in row ? 'required' : 'byDefault' in row ? code(row.byDefault) : '',
    sentence(row.help),
  ]);

const sentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
const code = (text: string): string => `\`${text}\``;

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', String.raw`\|`)).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
