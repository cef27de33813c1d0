/** Names a dataset of one or more arguments, for messages and for the manifest. The name of many arguments is short. Pure. */

/** Names of several files, such as "a.csv and 41 more". */
const OF_SEVERAL = / and \d+ more$/;

export function datasetName(args: readonly string[]): string {
  const [first = '', ...others] = args;
  return others.length === 0 ? first : `${first} and ${others.length} more`;
}

/** True for the name of several arguments. Such a name cannot be given to a command again. */
export const isNameOfSeveral = (name: string): boolean => OF_SEVERAL.test(name);
