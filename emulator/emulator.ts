/** The port for an emulator of AWS that the user runs (LocalStack, moto). `emulator/wiring/stacks.ts` implements it. */
import type { StackConfig } from '../core/contract/stack.js';

export interface Emulator {
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: NonNullable<StackConfig['credentials']>;
}

export interface EmulatorFleetRequest extends Pick<StackConfig, 'name' | 'queueUrl' | 'bucket'> {
  /** Variables of the workers beyond the stack's names (docs/reference/configuration.md). */
  readonly worker: Readonly<Record<string, string>>;
  /** The function that controls the stack, if it has one. It is told the id of the fleet. */
  readonly controllerFunction?: string | undefined;
}

export interface EmulatorStackRequest extends Pick<StackConfig, 'name' | 'maxWorkers'> {
  readonly worker: Readonly<Record<string, string>>;
}

export interface DeletedFleet {
  /** Undefined when the stack had no fleet. */
  readonly fleetId: string | undefined;
  /** The ids of the instances that were terminated with the fleet. */
  readonly ended: readonly string[];
}

/** Every method may be repeated: a create finds what an earlier one made, and a delete ignores what is already gone. */
export interface EmulatorStacks {
  /** Creates a launch template and a Spot Fleet at target 0, whose instances run the worker of this installation. Resolves with the fleet's id. */
  createFleet(emulator: Emulator, request: EmulatorFleetRequest, signal: AbortSignal): Promise<string>;
  /** Creates queues, a bucket, a launch template and a Spot Fleet. */
  createStack(emulator: Emulator, request: EmulatorStackRequest, signal: AbortSignal): Promise<StackConfig>;
  /** Deletes the fleet, its instances, its launch template and the stack's dead-man's switch. */
  deleteFleet(
    emulator: Emulator,
    stack: Pick<StackConfig, 'name' | 'scheduler'>,
    signal: AbortSignal,
  ): Promise<DeletedFleet>;
  /** Deletes everything that `createStack` makes, including the messages and objects in it. */
  deleteStack(
    emulator: Emulator,
    stack: Pick<StackConfig, 'name' | 'scheduler'>,
    signal: AbortSignal,
  ): Promise<DeletedFleet>;
}
