/** Keeps standard output for the protocol: everybody else who writes there (console.log, a library) writes to standard error. */
export function protectStdout(): (text: string) => void {
  const { stdout, stderr } = process;
  // console binds its streams when it is first used, which is after this.
  Object.defineProperty(process, 'stdout', { configurable: true, enumerable: true, get: () => stderr });
  // Writes to pipes are synchronous, so no answer is lost when the model ends the process after it.
  // https://nodejs.org/docs/latest-v20.x/api/process.html#a-note-on-process-io
  return (text) => {
    stdout.write(text);
  };
}
