/** An emulator of AWS that somebody else runs (LocalStack, moto): what commands ask of it beyond what they ask of AWS. */
import type { StackConfig } from '../../core/contract/stack.js';

export interface Emulator {
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: NonNullable<StackConfig['credentials']>;
}

export interface EmulatorFleetRequest extends Pick<StackConfig, 'name' | 'queueUrl' | 'bucket'> {
  /** Variables of the workers beyond the stack's names (docs/reference/configuration.md). */
  readonly worker: Readonly<Record<string, string>>;
  /** Of a stack that a function controls, which is told of the fleet. */
  readonly controllerFunction?: string | undefined;
}

export interface EmulatorStackRequest extends Pick<StackConfig, 'name' | 'maxWorkers'> {
  readonly worker: Readonly<Record<string, string>>;
}

export interface DeletedFleet {
  /** Undefined when there was none. */
  readonly fleetId: string | undefined;
  readonly ended: readonly string[];
}

/** Each may be given again: what is there is found, what is gone is no error. `runner/wiring/` implements it. */
export interface EmulatorStacks {
  /** A launch template and a Spot Fleet at target 0, whose instances run the worker of this installation; the fleet's id. */
  createFleet(emulator: Emulator, request: EmulatorFleetRequest, signal: AbortSignal): Promise<string>;
  /** Queues and bucket, and such a fleet. */
  createStack(emulator: Emulator, request: EmulatorStackRequest, signal: AbortSignal): Promise<StackConfig>;
  /** With its instances, its launch template, and the stack's dead-man's switch. */
  deleteFleet(
    emulator: Emulator,
    stack: Pick<StackConfig, 'name' | 'scheduler'>,
    signal: AbortSignal,
  ): Promise<DeletedFleet>;
  /** All that `createStack` makes, and all that is in it. */
  deleteStack(
    emulator: Emulator,
    stack: Pick<StackConfig, 'name' | 'scheduler'>,
    signal: AbortSignal,
  ): Promise<DeletedFleet>;
}
