/**
 * The environment of setup and of models: the variables that every program needs, those that lead to the instance's
 * role, those that lead to the model's own folders (model/model-place.ts), and the job's own. The worker's other
 * variables (its home, its queue, its bucket, a developer's keys) are not passed on.
 */

/**
 * With the region and the metadata endpoint (or an address of the role's credentials) the default chain of every SDK
 * finds the instance's role. https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html
 */
const WAY_TO_THE_ROLE = ['AWS_REGION', 'AWS_EC2_METADATA_SERVICE_ENDPOINT', 'AWS_CONTAINER_CREDENTIALS_FULL_URI'];
const PASSED_ON = ['PATH', 'LANG', ...WAY_TO_THE_ROLE];
/**
 * The hosts (worker/host, python/spotpool_host) read it: with the value `null` they write null for NaN and
 * the infinities.
 */
export const NAN_VARIABLE = 'SPOTPOOL_NAN';
export const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** `own` holds the variables of the model's folders and of the job, the job's last: they win. */
export function childEnvironment(
  own: Readonly<Record<string, string>>,
  workerEnv: Readonly<Record<string, string | undefined>> = process.env,
): Record<string, string> {
  const passedOn = PASSED_ON.flatMap((name) => {
    const value = workerEnv[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return {
    PATH: DEFAULT_PATH,
    LANG: 'C.UTF-8',
    // A Python model that prints its answers without flushing would wait for ever.
    PYTHONUNBUFFERED: '1',
    ...Object.fromEntries(passedOn),
    ...own,
  };
}
