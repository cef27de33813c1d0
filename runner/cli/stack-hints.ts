/**
 * Messages name commands in quotes, such as "spotpool jobs". Whoever writes a message deep inside does not know which options named the stack. They are added
 * here, so that every command that is printed works when it is copied.
 */
const QUOTED = /"spotpool ([a-z]+)((?: [^"\n]*)?)"/g;
/** These commands take no stack. */
const WITHOUT_STACK: ReadonlySet<string> = new Set(['local', 'predeploy', 'emulator']);
const NAMES_A_STACK = / --(?:local|stack)\b/;

/** `where` holds the options with a space before them; it is empty when the stack is found without options. */
export function withStackOptions(text: string, where: string): string {
  return text.replaceAll(QUOTED, (whole, command: string, rest: string) =>
    WITHOUT_STACK.has(command) || NAMES_A_STACK.test(rest) ? whole : `"spotpool ${command}${rest}${where}"`,
  );
}

/** Adds the options to the commands in the error's message. */
export function namingStack(error: unknown, where: string): unknown {
  if (error instanceof Error && where !== '') error.message = withStackOptions(error.message, where);
  return error;
}
