/** The environment variables with which other tools (the AWS CLI, boto3, any SDK) reach the running local cloud and nothing else. */
import type { LocalState } from './state-file.js';
import { shellQuote } from './user-data.js';

export function environmentOf({ endpoint, region, credentials }: LocalState): Readonly<Record<string, string>> {
  return {
    AWS_ENDPOINT_URL: endpoint,
    // The SDKs read AWS_REGION; the AWS CLI and boto3 read AWS_DEFAULT_REGION.
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_EC2_METADATA_DISABLED: 'true',
  };
}

/**
 * These variables would lead a tool elsewhere in spite of the ones above.
 * https://docs.aws.amazon.com/sdkref/latest/guide/environment-variables.html
 */
const MISLEADING = [
  'AWS_PROFILE',
  'AWS_DEFAULT_PROFILE',
  'AWS_SESSION_TOKEN',
  'AWS_SECURITY_TOKEN',
  'AWS_CREDENTIAL_EXPIRATION',
  'AWS_ENDPOINT_URL_SQS',
  'AWS_ENDPOINT_URL_S3',
  'AWS_ENDPOINT_URL_EC2',
  'AWS_ENDPOINT_URL_SCHEDULER',
  'AWS_ENDPOINT_URL_STS',
  'AWS_IGNORE_CONFIGURED_ENDPOINT_URLS',
  'AWS_USE_DUALSTACK_ENDPOINT',
  'AWS_USE_FIPS_ENDPOINT',
];

/** Returns commands for `eval` in a POSIX shell. */
export function shellExports(state: LocalState): string {
  const exports = Object.entries(environmentOf(state)).map(([name, value]) => `export ${name}=${shellQuote(value)}`);
  return [`unset ${MISLEADING.join(' ')}`, ...exports, ''].join('\n');
}
