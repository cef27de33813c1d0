/** The `Fleet` port on one of EC2's two fleet APIs; the fleet's id says on which. */
import type { EC2Client } from '@aws-sdk/client-ec2';
import { FleetMissing } from '../runner/errors.js';
import type { Fleet, FleetDescription, SetTargetResult } from '../runner/ports.js';
import { ec2Fleet } from './ec2-fleet.js';
import { allPages, describeInstances } from './ec2-instances.js';
import { isFleetBusy, isFleetMissing, isNothingToChange } from './errors.js';
import type { FleetBackend } from './fleet-backend.js';
import { spotFleet } from './spot-fleet.js';

/** `fleetId` is the fleet in use, which is another one than the configured one when that was replaced. */
export type KnownFleet = Fleet & { readonly fleetId: string };

export function makeFleet(
  client: EC2Client,
  { fleetId, name }: { readonly fleetId: string; readonly name: string },
): KnownFleet {
  return new AwsFleet(client, backendOf(client, fleetId), name);
}

export function backendOf(client: EC2Client, fleetId: string): FleetBackend {
  if (fleetId.startsWith('fleet-')) return ec2Fleet(client, fleetId);
  if (fleetId.startsWith('sfr-')) return spotFleet(client, fleetId);
  throw new Error(
    `"${fleetId}" is not the id of a fleet: the id of an EC2 Fleet begins with fleet-, the id of a Spot Fleet with sfr-.`,
  );
}

/**
 * A redeploy may replace the fleet while a colleague still has the old outputs. So when the configured fleet is gone, another one is looked for by the
 * stack's tag. The configured fleet is used as long as it exists.
 */
class AwsFleet implements KnownFleet {
  readonly #configuredId: string;

  readonly #client: EC2Client;
  #backend: FleetBackend;
  readonly #stack: string;

  constructor(client: EC2Client, backend: FleetBackend, stack: string) {
    this.#client = client;
    this.#backend = backend;
    this.#stack = stack;
    this.#configuredId = backend.fleetId;
  }

  get fleetId(): string {
    return this.#backend.fleetId;
  }

  async describe(signal: AbortSignal): Promise<FleetDescription> {
    const fleet = await this.#read(signal);
    if (fleet === undefined) {
      throw new FleetMissing(
        `EC2 shows neither the fleet ${this.#configuredId} nor another fleet of the stack ${this.#stack}. Check that the stack is in this region.`,
      );
    }
    const active = await allPages((token) => this.#backend.activeInstances(token, signal));
    const ids = active.map(({ InstanceId }) => InstanceId).filter((id) => id !== undefined);
    const instances = await describeInstances(this.#client, { stack: this.#stack, ids }, signal);
    const { fleetId } = this.#backend;
    const named = this.#configuredId;
    return { ...fleet, instances, ...(fleetId === named ? {} : { insteadOf: { named, found: fleetId } }) };
  }

  async setTarget(target: number, signal: AbortSignal): Promise<SetTargetResult> {
    try {
      await this.#backend.setTarget(target, signal);
      return 'accepted';
    } catch (error) {
      if (isFleetBusy(error)) return 'busy';
      if (isNothingToChange(error)) return 'accepted';
      throw error;
    }
  }

  async #read(signal: AbortSignal): ReturnType<FleetBackend['read']> {
    const fleet = await this.#readKnown(signal);
    if (fleet !== undefined && fleet.state !== 'deleted') return fleet;
    const found = await this.#backend.findAnother(this.#stack, signal);
    if (found === undefined || found === this.#backend.fleetId) return fleet;
    this.#backend = backendOf(this.#client, found);
    return this.#backend.read(signal);
  }

  async #readKnown(signal: AbortSignal): ReturnType<FleetBackend['read']> {
    try {
      return await this.#backend.read(signal);
    } catch (error) {
      if (isFleetMissing(error)) return undefined;
      throw error;
    }
  }
}
