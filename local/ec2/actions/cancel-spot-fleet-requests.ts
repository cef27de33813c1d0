import type { Action } from '../action.js';
import { missingParameter } from '../errors.js';
import { SPOT_FLEET_STATES } from '../fleet/answers.js';
import { isEnding } from '../fleet/fleet.js';
import type { XmlValue } from '../xml.js';

export const cancelSpotFleetRequests: Action = (query, { fleets }) => {
  const ids = query.strings('SpotFleetRequestId');
  if (ids.length === 0) throw missingParameter('SpotFleetRequestId');
  const terminate = query.boolean('TerminateInstances');
  if (terminate === undefined) throw missingParameter('TerminateInstances');
  const cancelled: XmlValue[] = [];
  const refused: XmlValue[] = [];
  const refuse = (id: string, code: string, message: string): void =>
    void refused.push({ spotFleetRequestId: id, error: { code, message } });
  for (const id of ids) {
    const fleet = fleets.get(id);
    if (fleet?.config.kind !== 'spot')
      refuse(id, 'fleetRequestIdDoesNotExist', `There is no Spot Fleet request ${id}.`);
    else if (isEnding(fleet)) refuse(id, 'fleetRequestNotInCancellableState', `${id} is cancelled already.`);
    else {
      const previous = fleet.status;
      fleets.delete(fleet, terminate);
      cancelled.push({
        spotFleetRequestId: id,
        previousSpotFleetRequestState: SPOT_FLEET_STATES[previous],
        currentSpotFleetRequestState: SPOT_FLEET_STATES[terminate ? 'ending-terminating' : 'ending-running'],
      });
    }
  }
  return { successfulFleetRequestSet: cancelled, unsuccessfulFleetRequestSet: refused };
};
