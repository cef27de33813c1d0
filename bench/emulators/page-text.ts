/** The part of docs/reports/localstack.md that is written by hand. */
export const BEFORE = `<!-- Made by \`npm run test:localstack -- --write\` and \`npm run test:moto -- --write\`, from bench/emulators/. -->

# LocalStack and moto

spotpool is built for AWS. \`npm start\` and most tests run on its own [local cloud](../reference/local-cloud.md). LocalStack and moto are independent of spotpool, so they test its code against another implementation
of AWS's services. The same stack, runner and workers run on both, over HTTP and as real processes.

\`\`\`
npm run test:localstack                        # takes about five minutes on two cores
npm run test:moto
npm run test:localstack -- --only end-to-end   # or conformance; filters (parts of file names) go to vitest
npm run test:localstack -- --serve             # keep an emulator up, and print the environment that leads to it
npm run test:localstack -- --write             # record the differences, and write this page
npm run test:localstack -- --breaks            # break a copy of the product on purpose: does the suite notice?
\`\`\`

The tests use the first emulator of this list that exists:

1. the one at \`ENDPOINT\` (with \`AWS_ACCESS_KEY_ID\` and \`AWS_SECRET_ACCESS_KEY\`, by default \`test\`); with \`ENDPOINT\` no other is tried;
2. a healthy one on its usual port: \`http://127.0.0.1:4566\`, moto \`http://127.0.0.1:5000\`;
3. a container, if Docker's engine answers: \`localstack/localstack:4.14.0\` (the last image that needs no account), \`motoserver/moto:5.2.5\`;
4. host mode: the program itself, in a private virtual environment in \`.peers/\`. It is installed once for each lock and interpreter. Python 3.13 gets LocalStack 4.14.0, Python 3.10 to 3.12 gets 4.12.0: version 4.14
   imports modules that only Python 3.13 has. \`PYTHON\` names another interpreter. All packages are locked with hashes in \`bench/peers/pins/\`, because the newest Twisted, cbor2 and pyOpenSSL break the emulators.

The run stops the emulator if it started it, with all its processes, also on Ctrl-C and on failure. An emulator that was found running stays up, and so do the resources of others in it.

**What runs**: first the conformance suite (\`test/conformance/\`, written from AWS's documentation), then the end-to-end suite (\`test/emulators/\`). On LocalStack the CDK's command line bootstraps, deploys and destroys
the stack. moto's CloudFormation does not accept the stack, so \`spotpool emulator stack create\` creates it there. Workers are real processes: \`spotpool emulator host\` starts one for each running instance.

**What must pass**: no test of the end-to-end suite may fail. A conformance test may fail if its difference from AWS is on record below, for the same version installed from the pins.
A difference that has disappeared is an error, too, until the record is updated. Any other version, container or installation is compared with the nearest record. It must pass the tests that spotpool relies on
(\`bench/emulators/notes.ts\`). These cover sending, receiving, visibility and dead letters of SQS, and conditional writes, ranges, listings and multipart uploads of S3. They also cover Spot Fleets and instances of EC2.

**What it does not test**: AWS. In host mode LocalStack runs no functions, because they need Docker: the stack is deployed with \`-c controller=cli\`, and the suite runs the controller's function itself. There is no Spot
market, there are no permissions, and instances are not spread over zones. Instances are records, which exist immediately.

## Where they differ from AWS

The table shows the failing tests of each feature. The product has no workarounds for them.
`;
