/** The commands `spotpool local host | fleet | stack` moved to `spotpool emulator`. Their old names work for one more version. */
const MOVED = ['host', 'fleet', 'stack'];

/** Returns the arguments with the new name of a moved command, and calls `warn` when they had the old one. */
export function withNewNames(argv: readonly string[], warn: (text: string) => void): readonly string[] {
  const [group, command = '', ...rest] = argv;
  if (group !== 'local' || !MOVED.includes(command)) return argv;
  warn(`warning: "spotpool local ${command}" is now "spotpool emulator ${command}". The old name will be removed.\n`);
  return ['emulator', command, ...rest];
}
