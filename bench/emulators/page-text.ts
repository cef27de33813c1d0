/** The part of docs/reports/localstack.md that is written by hand. */
export const BEFORE = `<!-- Made by \`npm run test:localstack -- --write\` and \`npm run test:moto -- --write\`, from bench/emulators/. -->

# LocalStack and moto

spotpool is built for AWS, and its own [local cloud](../reference/local-cloud.md) is what \`npm start\` and most tests run on. LocalStack and moto were written by others: what spotpool's code does on
them, nobody here made fit. The same stack, runner and workers run on both, over HTTP and for real.

\`\`\`
npm run test:localstack                        # about five minutes on two cores
npm run test:moto
npm run test:localstack -- --only end-to-end   # or conformance; filters (parts of file names) go to vitest
npm run test:localstack -- --serve             # only keeps one up, and prints the environment that leads to it
npm run test:localstack -- --write             # records what differs, and writes this page
npm run test:localstack -- --breaks            # breaks the product on purpose, in a copy: does the suite notice?
\`\`\`

Which one is tested, in this order:

1. the one at \`ENDPOINT\` (with \`AWS_ACCESS_KEY_ID\` and \`AWS_SECRET_ACCESS_KEY\`, else \`test\`), and no other;
2. a healthy one on its usual port: \`http://127.0.0.1:4566\`, moto \`http://127.0.0.1:5000\`;
3. a container of its own, if Docker's engine answers: \`localstack/localstack:4.14.0\` (the last image that needs no account), \`motoserver/moto:5.2.5\`;
4. host mode: the program itself, in a private virtual environment in \`.peers/\`, installed once for each lock and interpreter. Python 3.13 gets LocalStack 4.14.0, Python 3.10 to 3.12 gets 4.12.0 (4.14 imports what
   only 3.13 has: on 3.12 it starts, and each call of SQS fails); \`PYTHON\` names another interpreter. The whole set is locked with hashes in \`bench/peers/pins/\`: the newest Twisted, cbor2 and pyOpenSSL break it.

What was started is stopped, with all that it started, also on Ctrl-C and on failure; what was found running stays, and so do the things of others in it.

**What runs**: the conformance suite (\`test/conformance/\`, written from AWS's documentation), then the end-to-end suite (\`test/emulators/\`): on LocalStack the CDK's own command line bootstraps, deploys and destroys
the stack; moto's CloudFormation takes no such stack, so that \`spotpool emulator stack create\` makes it there. Workers are real processes: \`spotpool emulator host\` gives each running instance one.

**What it is held to**: of the end-to-end suite nothing may fail. A conformance test may fail where its difference from AWS is on record below, for this very version installed from the pins;
a difference that is gone is an error too, until it is recorded. Another version (or a container, or somebody's own) is compared with the nearest record, and must do what spotpool relies on: sending, receiving,
visibility and dead letters of SQS; conditional writes, ranges, listings and multipart uploads of S3; Spot Fleets and instances of EC2 (\`bench/emulators/notes.ts\`).

**What it is not**: AWS. In host mode LocalStack runs no functions (they need Docker): the stack is deployed with \`-c controller=cli\`, and the suite runs the controller's function itself. No Spot market, no permissions,
no spread over zones; instances are records, there at once.

## Where they differ from AWS

Tests that fail, of those that a feature has. The product does not bend to any of it.
`;
