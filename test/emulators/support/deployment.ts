/** What the suite runs on: made once, before the first test file (global-setup.ts). */
import 'vitest';

export interface Deployment {
  /** Of the run: what is in it goes with it. */
  readonly directory: string;
  /** What commands are given as `--stack`; without a fleet where the deploy made none. */
  readonly stackFile: string;
  /** What the emulator held before the stack was made (inventory.ts). */
  readonly before: readonly string[];
  /** What the deploy added, before anything else did. */
  readonly deployed: readonly string[];
}

declare module 'vitest' {
  interface ProvidedContext {
    deployment: Deployment;
  }
}
