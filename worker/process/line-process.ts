/** The port of a slot to its model: a process that reads and prints lines. process-group.ts is the real one. */
export interface LineProcessOptions {
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /**
   * The command is a host: `write` and `onStdout` are its own channel (host-channel.ts), and everything that it prints
   * goes to `onStderr`.
   */
  readonly isHost?: boolean;
  readonly onStdout: (chunk: Buffer) => void;
  readonly onStderr: (chunk: Buffer) => void;
}

export interface ProcessUsage {
  /** The milliseconds so far on a core, or waiting for one. */
  readonly cpuMs: number;
  readonly memoryBytes: number;
}

export interface LineProcess {
  /** Undefined when the command could not be started. No two processes that live at the same time have the same number. */
  readonly pid: number | undefined;
  /** Resolves once the process has ended and its output was read to the end. It says how the process ended, for people. */
  readonly ended: Promise<string>;
  /** Resolves when more may be written, at once when the process has ended, and when the signal aborts. */
  write(text: string, signal: AbortSignal): Promise<void>;
  /** Undefined when the process is gone; rejects where it cannot be known. */
  usage(): Promise<ProcessUsage | undefined>;
  /** Returns 0 when the process is gone. */
  memoryBytes(): Promise<number>;
  /** Stops reading output and kills the process. */
  destroy(): void;
  /** Asks the process to end, kills it after a grace time, and resolves when it has ended. */
  stop(): Promise<void>;
}

export type StartProcess = (options: LineProcessOptions) => LineProcess;
