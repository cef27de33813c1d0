/** Turns what uv says of a failed lock into a message that says what to do. */
import { UserError } from '../errors.js';
import { withoutCredentials } from './indexes.js';
import type { WheelTarget } from './wheel-tags.js';

/** uv's words for a package of which the index has nothing that fits. */
const NO_WHEEL = [
  /all versions of ([\w.-]+) have no (?:usable )?wheels/,
  /([\w.-]+==[\w.+!-]+) has no (?:usable )?wheels/,
  /([\w.-]+==[\w.+!-]+) cannot be used/,
  /only the following versions of ([\w.-]+) (?:are available|have)/,
  /Wheels are required for `([\w.-]+)`/,
];

export function lockFailure(stderr: string, name: string, target: WheelTarget): UserError {
  const text = withoutCredentials(stderr.trim().replace(/^error: /, ''));
  const missing = /no (?:usable )?wheels|Wheels are required/.test(text)
    ? NO_WHEEL.map((pattern) => pattern.exec(text)?.[1]).find((found) => found !== undefined)
    : undefined;
  const where = `Python ${target.python} on ${target.platform}`;
  if (missing === undefined) {
    return new UserError(`The packages of ${name} cannot be locked for the fleet's instances (${where}).\n${text}`);
  }
  return new UserError(
    `${name}: ${missing.replace('==', ' ')} has no wheel for the fleet's instances (${where}), and instances install wheels only. ` +
      `Require another version of it, or build a wheel for that platform and give its URL. A system's package may take its place: ` +
      `see "packages" of the stack and --setup.\n${text}`,
  );
}
