/** What commands write to. The real one is made in main.ts; tests record. */
import type { Colors } from 'picocolors/types.js';

export interface Terminal {
  /** Standard output: what was asked for. Of control characters nothing but line ends, tabs and our own colours gets through. */
  out(text: string): void;
  /** Standard error: everything else. Not even colours get through. */
  err(text: string): void;
  /** Standard output, as it is: for display/screen.ts, which moves the cursor and makes its lines harmless itself. */
  control(text: string): void;
  /** Standard output is a terminal that can move its cursor. */
  readonly interactive: boolean;
  readonly colors: Colors;
  size(): { readonly columns: number; readonly rows: number };
  onResize(listener: () => void): () => void;
}

export const line = (terminal: Terminal, text = ''): void => terminal.out(`${text}\n`);
