/** The terminal that commands write to. main.ts makes the real one; tests use one that records. */
import type { Colors } from 'picocolors/types.js';

export interface Terminal {
  /** Writes the output that the user asked for to standard output. Control characters are escaped, except line ends, tabs and our own colours. */
  out(text: string): void;
  /** Writes everything else to standard error. Colours are escaped, too. */
  err(text: string): void;
  /** Writes to standard output unchanged. Only display/screen.ts uses it: it moves the cursor and escapes its lines itself. */
  control(text: string): void;
  /** True when standard output is a terminal that can move its cursor. */
  readonly interactive: boolean;
  readonly colors: Colors;
  size(): { readonly columns: number; readonly rows: number };
  onResize(listener: () => void): () => void;
}
