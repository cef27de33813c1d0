/**
 * Runs an instance's user data as cloud-init does on the images of Amazon and Ubuntu, for user data that is one
 * script. Other forms are refused with an explanation, because AWS would silently treat them differently.
 * https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/user-data.html ·
 * https://cloudinit.readthedocs.io/en/latest/explanation/format.html
 */

export class UserDataError extends Error {
  override readonly name = 'UserDataError';
}

/** An instance without user data boots and stays idle. */
const IDLE = ['sh', '-c', 'while :; do sleep 86400; done'];

const OTHER_FORMATS: readonly (readonly [start: string, name: string])[] = [
  ['#cloud-config', 'cloud-config'],
  ['#cloud-boothook', 'a boot hook'],
  ['#include', 'a list of addresses to include'],
  ['#part-handler', 'a part handler'],
  ['#upstart-job', 'an upstart job'],
  ['## template:', 'a template'],
  ['Content-Type: multipart/', 'a multi-part archive'],
  ['MIME-Version:', 'a multi-part archive'],
];
const GZIP = Buffer.from([0x1f, 0x8b]);

/** Returns the command that runs `script`, the file that holds the user data. */
export function bootCommand(userData: Buffer, script: string): readonly string[] {
  if (userData.length === 0) return IDLE;
  const end = userData.indexOf('\n');
  const first = userData.toString('utf8', 0, end < 0 ? userData.length : end);
  if (first.startsWith('#!')) return [...interpreterOf(first), script];
  const other = OTHER_FORMATS.find(([start]) => first.toLowerCase().startsWith(start.toLowerCase()))?.[1];
  if (other !== undefined || userData.subarray(0, GZIP.length).equals(GZIP)) {
    throw new UserDataError(
      `The user data is ${other ?? 'compressed'}: the local cloud runs only scripts that begin with #! (such as #!/bin/sh).`,
    );
  }
  throw new UserDataError(
    `The user data does not begin with #! (such as #!/bin/sh), so on AWS cloud-init would not run it. It begins: ${JSON.stringify(first.slice(0, 60))}`,
  );
}

/** The kernel passes everything after the program as one argument, and so does this. */
function interpreterOf(line: string): readonly string[] {
  if (line.endsWith('\r')) {
    throw new UserDataError(
      'The first line of the user data ends with a carriage return (Windows line ends). AWS would not find such a program.',
    );
  }
  const match = /^#!\s*(\S+)(?:\s+(.*\S))?\s*$/.exec(line);
  if (match?.[1] === undefined) throw new UserDataError('The first line of the user data is #! without a program.');
  return match[2] === undefined ? [match[1]] : [match[1], match[2]];
}
