// Lint rules. The folder directions of docs/explanation/architecture.md are enforced here: a folder may import only what `mayImport` names.
import tseslint from 'typescript-eslint';

const folders = ['core', 'aws', 'runner', 'worker', 'infra', 'local', 'emulator'];

/** For each folder, the other folders of ours that it may import. */
const mayImport = {
  core: [],
  aws: ['core', 'runner', 'worker', 'emulator'],
  runner: ['core'],
  worker: ['core'],
  infra: ['core'],
  local: [],
  emulator: ['core', 'runner'],
};

const compositionRoots = [
  'runner/main.ts',
  'runner/wiring/**/*.ts',
  'runner/lambda.ts',
  'worker/main.ts',
  'worker/last-words.ts',
  'emulator/wiring/**/*.ts',
];

const sdkPattern = { regex: '^(@aws-sdk|@smithy)/', message: 'Only aws/ talks to the SDK: add a method to a port.' };
/** emulator/ adds commands to the runner's program, so it uses the runner's helpers for commands, and nothing that runs jobs. */
const runnerInsides = {
  regex: '^(\\.\\./)+runner/(?!(cli|display|local-cloud)/|errors\\.js$|ports\\.js$)',
  message: "emulator/ may import only the runner's cli/, display/, local-cloud/, errors and ports.",
};
const nodePattern = { regex: '^node:', message: 'core/ is pure: no Node built-ins.' };

/** The programs' API is for the commands and for the package's entry. */
const apiPattern = {
  regex: '^(\\.\\.?/)+api/',
  message: "Only runner/commands/ and runner/spotpool.ts use the programs' API.",
};

/** Commands use what is below them. Nothing below them knows a command, but for the list of them all (runner/cli/program.ts). */
const commandsPattern = {
  regex: '^(\\.\\.?/)+commands/',
  message: 'The API and the following of jobs are for commands to use. They import no command.',
};

/** R13: `core/contract/shape.ts` decodes what others wrote, and the codec beside each type says what is of its shape. */
const jsonMessage =
  'What is parsed may be anything (R13): decode it by a codec of core/, made of core/contract/shape.ts, or take it as unknown and check it.';
const parsedJson = "CallExpression[callee.object.name='JSON'][callee.property.name='parse']";
const jsonRules = [
  {
    selector: `TSAsExpression[typeAnnotation.type!='TSUnknownKeyword'] > ${parsedJson}.expression`,
    message: jsonMessage,
  },
  {
    selector: `VariableDeclarator:not([id.typeAnnotation.typeAnnotation.type='TSUnknownKeyword']) > ${parsedJson}.init`,
    message: jsonMessage,
  },
  { selector: `MemberExpression > ${parsedJson}.object`, message: jsonMessage },
  { selector: `ArrowFunctionExpression > ${parsedJson}.body`, message: jsonMessage },
  { selector: `CallExpression > ${parsedJson}.arguments`, message: jsonMessage },
];

/** One dialect of privacy: what is private to a class is private when the program runs, too. A constructor cannot be a `#` member. */
const privacyMessage = 'Private members begin with "#".';
const privacyRules = [
  "PropertyDefinition[accessibility='private']",
  "MethodDefinition[accessibility='private'][kind!='constructor']",
  "TSParameterProperty[accessibility='private']",
].map((selector) => ({ selector, message: privacyMessage }));

function folderRule(folder, extra = []) {
  const banned = folders.filter((other) => other !== folder && !mayImport[folder].includes(other));
  return {
    files: [`${folder}/**/*.ts`, `${folder}/**/*.tsx`],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            ...banned.map((other) => ({
              regex: `^(\\.\\./)+${other}/`,
              message: `${folder}/ must not import ${other}/ (docs/explanation/architecture.md).`,
            })),
            ...extra,
          ],
        },
      ],
    },
  };
}

export default tseslint.config(
  { ignores: ['dist/**', 'node_modules/**', 'cdk.out/**', 'coverage/**', '.local/**', '.peers/**'] },
  {
    files: ['**/*.ts', '**/*.tsx'],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/explicit-module-boundary-types': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/prefer-readonly': 'error',
      '@typescript-eslint/require-await': 'off', // ports are asynchronous even where one implementation is not
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      eqeqeq: 'error',
      'arrow-body-style': ['error', 'as-needed'],
      'no-restricted-syntax': ['error', ...privacyRules],
      'max-lines': ['error', { max: 400 }],
      'max-lines-per-function': ['error', { max: 70, skipComments: true, skipBlankLines: true }],
    },
  },
  { files: ['test/**/*.ts', 'bench/**/*.ts'], rules: { 'max-lines-per-function': 'off' } },
  {
    files: ['test/**/*.test.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          name: 'aws-sdk-client-mock',
          importNames: ['mockClient'],
          message: 'Use mockedClient of test/support: it gives the client back.',
        },
      ],
    },
  },
  folderRule('core', [sdkPattern, nodePattern]),
  {
    files: ['core/**/*.ts'],
    rules: {
      'no-restricted-globals': [
        'error',
        ...['process', 'setTimeout', 'setInterval', 'setImmediate', 'fetch', 'performance', 'console', 'Buffer'].map(
          (name) => ({
            name,
            message: 'core/ is pure: pass it in.',
          }),
        ),
      ],
      'no-restricted-properties': [
        'error',
        { object: 'Date', property: 'now', message: 'core/ has no clock: pass the time in.' },
        { object: 'Math', property: 'random', message: 'core/ has no randomness: pass a source in.' },
      ],
      'no-restricted-syntax': [
        'error',
        ...privacyRules,
        ...jsonRules,
        {
          selector: "NewExpression[callee.name='Date'][arguments.length=0]",
          message: 'core/ has no clock: pass the time in.',
        },
      ],
    },
  },
  {
    files: ['aws/**/*.ts', 'runner/**/*.ts', 'runner/**/*.tsx', 'worker/**/*.ts', 'infra/**/*.ts', 'emulator/**/*.ts'],
    rules: {
      'no-restricted-syntax': [
        'error',
        ...privacyRules,
        ...jsonRules,
        {
          selector:
            "CallExpression[callee.property.name='control']:matches([callee.object.name='terminal'],[callee.object.property.name='terminal'])",
          message: 'Only display/screen.ts moves the cursor: write text with out or err, which make it harmless.',
        },
      ],
    },
  },
  {
    // Exempt are the cursor of the live display, what our own processes tell each other, and files that the user wrote.
    files: [
      'runner/display/screen.ts',
      'worker/host/**/*.ts',
      'runner/local-cloud/child.ts',
      'runner/local-cloud/keep-up.ts',
      'runner/commands/predeploy.ts',
    ],
    rules: { 'no-restricted-syntax': ['error', ...privacyRules] },
  },
  folderRule('aws'),
  folderRule('runner', [sdkPattern]),
  {
    ...folderRule('runner', [sdkPattern, apiPattern]),
    ignores: ['runner/api/**', 'runner/commands/**', 'runner/spotpool.ts'],
  },
  { ...folderRule('runner', [sdkPattern, commandsPattern]), files: ['runner/api/**/*.ts'] },
  { ...folderRule('runner', [sdkPattern, apiPattern, commandsPattern]), files: ['runner/follow/**/*.ts'] },
  {
    files: ['runner/api/**/*.ts'],
    rules: {
      'no-restricted-globals': [
        'error',
        ...['process', 'console'].map((name) => ({
          name,
          message: "The programs' API prints nothing and listens to nothing. runner/spotpool.ts hands it the world.",
        })),
      ],
    },
  },
  folderRule('worker', [sdkPattern]),
  folderRule('infra', [sdkPattern]),
  folderRule('local', [sdkPattern]),
  folderRule('emulator', [sdkPattern, runnerInsides]),
  {
    files: compositionRoots,
    rules: {
      'no-restricted-imports': [
        'error',
        { patterns: [sdkPattern, { regex: '^(\\.\\./)+local/', message: 'The local cloud is reached over HTTP.' }] },
      ],
    },
  },
  {
    // `spotpool emulator host` runs an emulator's instances with the local cloud's code. It has no local cloud to reach over HTTP:
    // docs/decisions/0010-the-host-runs-instances-with-the-local-clouds-code.md.
    files: ['emulator/wiring/local-machine.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            sdkPattern,
            {
              regex: '^(\\.\\./)+local/(?!instances/)',
              message: 'The host may import only local/instances/ of the local cloud.',
            },
          ],
        },
      ],
    },
  },
);
