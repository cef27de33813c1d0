/** What differs between EC2's two fleet APIs; `fleet.ts` makes the port of either. */
import type { FleetDescription } from '../runner/ports.js';

export interface FleetBackend {
  readonly fleetId: string;
  /** Undefined when EC2 shows no such fleet. */
  read(signal: AbortSignal): Promise<Omit<FleetDescription, 'instances'> | undefined>;
  /** One of the same kind that bears the stack's tag, and can be used. */
  findAnother(stack: string, signal: AbortSignal): Promise<string | undefined>;
  /** A page of the instances that the fleet counts as its own. */
  activeInstances(
    token: string | undefined,
    signal: AbortSignal,
  ): Promise<{
    readonly items: readonly { readonly InstanceId?: string | undefined }[] | undefined;
    readonly token: string | undefined;
  }>;
  /**
   * Always with no-termination: whether an earlier policy is kept is not documented, and without one lowering would end
   * instances of EC2's choice.
   */
  setTarget(target: number, signal: AbortSignal): Promise<void>;
}
