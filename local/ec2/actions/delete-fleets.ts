import type { Action } from '../action.js';
import { missingParameter } from '../errors.js';
import { EC2_FLEET_STATES } from '../fleet/answers.js';
import { isEnding } from '../fleet/fleet.js';
import type { XmlValue } from '../xml.js';

export const deleteFleets: Action = (query, { fleets }) => {
  const ids = query.strings('FleetId');
  if (ids.length === 0) throw missingParameter('FleetId');
  const terminate = query.boolean('TerminateInstances');
  if (terminate === undefined) throw missingParameter('TerminateInstances');
  const deleted: XmlValue[] = [];
  const refused: XmlValue[] = [];
  for (const id of ids) {
    const fleet = fleets.get(id);
    if (fleet?.config.kind !== 'ec2') {
      refused.push({ fleetId: id, error: { code: 'fleetIdDoesNotExist', message: `There is no fleet ${id}.` } });
    } else if (isEnding(fleet)) {
      const message = `The fleet ${id} is being deleted, or is deleted already.`;
      refused.push({ fleetId: id, error: { code: 'fleetNotInDeletableState', message } });
    } else {
      const previous = fleet.status;
      fleets.delete(fleet, terminate);
      deleted.push({
        fleetId: id,
        previousFleetState: EC2_FLEET_STATES[previous],
        currentFleetState: EC2_FLEET_STATES[terminate ? 'ending-terminating' : 'ending-running'],
      });
    }
  }
  return { successfulFleetDeletionSet: deleted, unsuccessfulFleetDeletionSet: refused };
};
