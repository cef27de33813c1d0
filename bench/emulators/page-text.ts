/** The part of docs/reports/localstack.md that is written by hand. */
export const BEFORE = `<!-- Made by \`npm run test:localstack -- --write\` and \`npm run test:moto -- --write\`, from bench/emulators/. -->

# LocalStack and moto

spotpool is built for AWS. \`npm start\` and most tests run on its own [local cloud](../reference/local-cloud.md). LocalStack and moto were written by others, without spotpool in mind, so they are an independent test. The same stack,
runner and workers run on them, over HTTP and with real processes.

\`\`\`
npm run test:localstack                        # takes about five minutes on two cores
npm run test:moto
npm run test:localstack -- --only end-to-end   # or conformance; filters (parts of file names) go to vitest
npm run test:localstack -- --serve             # only starts the emulator, and prints the environment for it
npm run test:localstack -- --write             # records the differences, and writes this page
npm run test:localstack -- --breaks            # breaks a copy of the product on purpose: does the suite notice?
\`\`\`

The command tests the first of these that it finds:

1. The emulator at \`ENDPOINT\`, with \`AWS_ACCESS_KEY_ID\` and \`AWS_SECRET_ACCESS_KEY\` (default: \`test\`). If none answers there, the command fails.
2. A healthy emulator on its usual port: LocalStack on \`http://127.0.0.1:4566\`, moto on \`http://127.0.0.1:5000\`.
3. A new container, if Docker's engine answers: \`localstack/localstack:4.14.0\` (the last image that needs no account) or \`motoserver/moto:5.2.5\`.
4. Host mode: the program itself, installed into \`.peers/\` once for each lock file and Python interpreter.

In host mode Python 3.13 gets LocalStack 4.14.0, and Python 3.10 to 3.12 get 4.12.0. LocalStack 4.14 needs Python 3.13: on 3.12 it starts, but each call of SQS fails. \`PYTHON\` names another interpreter. All packages are
locked with hashes in \`bench/peers/pins/\`, because the newest Twisted, cbor2 and pyOpenSSL break LocalStack.

The command stops what it started, also on Ctrl-C and on failure. An emulator that was running before stays, and so does the data of others in it.

**Suites.** The conformance suite (\`test/conformance/\`) is written from AWS's documentation. The end-to-end suite (\`test/emulators/\`) runs after it. On LocalStack, the CDK's command line bootstraps, deploys and destroys
the stack. moto's CloudFormation does not accept the stack, so \`spotpool emulator stack create\` makes it there. \`spotpool emulator host\` gives each running instance a real process.

**Rules.** In the end-to-end suite nothing may fail. In the conformance suite a test may fail if its difference from AWS is recorded below, for the same version, installed from the pins. A recorded difference that is gone
fails the run too, until it is recorded. Any other version, container or endpoint is compared with the nearest record. It must do what spotpool relies on:

- SQS: sending, receiving, visibility and dead letters
- S3: conditional writes, ranges, listings and multipart uploads
- EC2: Spot Fleets and instances

\`bench/emulators/notes.ts\` lists these features.

**Limits.** An emulator is not AWS. It has no Spot market, checks no permissions, and spreads nothing over zones. Instances are records, and are there at once. In host mode LocalStack runs no functions, which need Docker. So the
stack is deployed with \`-c controller=cli\`, and the suite runs the controller's function itself.

## Differences from AWS

The columns count the tests that fail, of all tests of the feature. The product is not adapted to these differences.
`;
