/** The stack that the suite runs on. It is made once, before the first test file (global-setup.ts). */
import 'vitest';

export interface Deployment {
  /** The directory of the run, which is removed at its end. */
  readonly directory: string;
  /** The file for `--stack`. It names no fleet where the deploy made none. */
  readonly stackFile: string;
  /** The emulator's contents before the stack was made (inventory.ts). */
  readonly before: readonly string[];
  /** The contents that the deploy added. */
  readonly deployed: readonly string[];
}

declare module 'vitest' {
  interface ProvidedContext {
    deployment: Deployment;
  }
}
