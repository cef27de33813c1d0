/**
 * The part of the boot script that installs Node.js, Python and the pool's packages. It starts first and runs beside the other steps, because it takes longest.
 * The packages are the distribution's own: they are signed, AWS patches them, and an instance reaches them through the S3 endpoint alone. One call of dnf
 * installs all of them, because two calls would wait for each other's lock. A name that no package has ends the boot, with dnf's message in the boot log.
 */
import { PYTHON_PACKAGES, type PythonVersion } from './pythons.js';
import type { BootPaths } from './paths.js';

export interface InstallOptions {
  readonly python: PythonVersion;
  readonly packages: readonly string[];
}

/**
 * An image of the user's own may have Node.js and Python already. Amazon Linux 2023 has the AWS CLI; the notes of the Deep Learning images do not name it.
 */
export const installPackages = (
  { python, packages }: InstallOptions,
  paths: BootPaths,
): string => `step 'installing Node.js, Python ${python} and packages'
install_packages() {
  local names=(${packages.join(' ')})
  [ -x ${paths.node} ] || names+=(nodejs24)
  [ -x ${paths.python}${python} ] || names+=(${PYTHON_PACKAGES[python]})
  command -v aws >/dev/null || names+=(awscli-2)
  [ \${#names[@]} = 0 ] || dnf install -y -q --repo=amazonlinux --setopt=install_weak_deps=False "\${names[@]}"
}
install_packages &
installing=$!
`;

export const waitForPackages = `step 'waiting for the packages'
wait "$installing"
`;
