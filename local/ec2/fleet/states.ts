/** A fleet's states in the words of its API. */
import type { Fleet, FleetStatus } from './fleet.js';
import type { FleetKind } from './kind.js';

/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_FleetData.html */
const EC2_FLEET_STATES: Readonly<Record<FleetStatus, string>> = {
  submitted: 'submitted',
  active: 'active',
  modifying: 'modifying',
  'ending-running': 'deleted_running',
  'ending-terminating': 'deleted_terminating',
  ended: 'deleted',
};

/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_SpotFleetRequestConfig.html */
const SPOT_FLEET_STATES: Readonly<Record<FleetStatus, string>> = {
  ...EC2_FLEET_STATES,
  'ending-running': 'cancelled_running',
  'ending-terminating': 'cancelled_terminating',
  ended: 'cancelled',
};

const STATES: Readonly<Record<FleetKind, Readonly<Record<FleetStatus, string>>>> = {
  ec2: EC2_FLEET_STATES,
  spot: SPOT_FLEET_STATES,
};

export const stateName = (fleet: Fleet): string => STATES[fleet.config.kind][fleet.status];

export function activityStatus(fleet: Fleet, fulfilled: number): string | undefined {
  if (fleet.status === 'ending-terminating') return 'pending_termination';
  if (fleet.status !== 'active' && fleet.status !== 'modifying') return undefined;
  if (fleet.isHeldBack) return 'error';
  return fulfilled >= fleet.target ? 'fulfilled' : 'pending_fulfillment';
}
