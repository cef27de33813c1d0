/**
 * The Pythons of Amazon Linux 2023 by the package that has each. They install side by side, as `/usr/bin/python3.NN`. The system's own is 3.9, which its
 * tools need. https://docs.aws.amazon.com/linux/al2023/ug/python.html
 */
export const PYTHON_PACKAGES = {
  '3.9': 'python3',
  '3.11': 'python3.11',
  '3.12': 'python3.12',
  '3.13': 'python3.13',
  '3.14': 'python3.14',
} as const;

export type PythonVersion = keyof typeof PYTHON_PACKAGES;

export const PYTHON_VERSIONS = Object.keys(PYTHON_PACKAGES) as readonly PythonVersion[];

/**
 * Python 3.13 is maintained until October 2029, longer than Amazon Linux 2023 (June 2029). It came out in October 2024, so packages with binaries had time to
 * publish wheels for it. https://devguide.python.org/versions/
 */
export const DEFAULT_PYTHON: PythonVersion = '3.13';
