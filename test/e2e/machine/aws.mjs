// A stand-in for the AWS CLI with the one command that a boot needs: `aws s3 cp --only-show-errors <from> <to>`, where one of the two is s3://….
// It finds credentials and endpoint as the CLI does.
import { readFile, writeFile } from 'node:fs/promises';
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';

const [service, command, option, from, to, ...rest] = process.argv.slice(2);
if (`${service} ${command} ${option}` !== 's3 cp --only-show-errors' || to === undefined || rest.length > 0) {
  process.stderr.write(`This stand-in does not know: aws ${process.argv.slice(2).join(' ')}\n`);
  process.exit(252);
}
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';
const client = new S3Client({ region: process.env.AWS_REGION, forcePathStyle: true });
const place = (url) => {
  const [, Bucket, Key] = /^s3:\/\/([^/]+)\/(.+)$/.exec(url);
  return { Bucket, Key };
};
try {
  if (from.startsWith('s3://')) {
    const { Body } = await client.send(new GetObjectCommand(place(from)));
    await writeFile(to, Body);
  } else {
    // The file may grow meanwhile, so only its present contents are sent.
    await client.send(new PutObjectCommand({ ...place(to), Body: await readFile(from) }));
  }
} catch (error) {
  process.stderr.write(`fatal error: An error occurred (${error.name}): ${error.message}\n`);
  process.exit(1);
}
