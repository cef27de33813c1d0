/** The differences between EC2's two fleet APIs. `fleet.ts` makes the port on either. */
import type { FleetDescription } from '../runner/ports.js';

export interface FleetBackend {
  readonly fleetId: string;
  /** Undefined when EC2 shows no such fleet. */
  read(signal: AbortSignal): Promise<Omit<FleetDescription, 'instances'> | undefined>;
  /** Finds a fleet of the same kind with the stack's tag that can still be used. */
  findAnother(stack: string, signal: AbortSignal): Promise<string | undefined>;
  /** Returns a page of the instances that the fleet counts as its own. */
  activeInstances(
    token: string | undefined,
    signal: AbortSignal,
  ): Promise<{
    readonly items: readonly { readonly InstanceId?: string | undefined }[] | undefined;
    readonly token: string | undefined;
  }>;
  /**
   * Every call names no-termination. AWS does not document whether the fleet keeps an earlier policy, and without it EC2 would end instances of its
   * choice when the target falls.
   */
  setTarget(target: number, signal: AbortSignal): Promise<void>;
}
