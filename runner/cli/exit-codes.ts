/** What a command's exit code says. */
export const EXIT = {
  /** All items have an outcome and no batch was given up; for other commands: done. */
  ok: 0,
  /** Some batch failed, the job did not complete, or something is wrong. */
  failed: 1,
  misuse: 2,
  interrupted: 130,
} as const;
