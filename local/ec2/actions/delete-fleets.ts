import type { Action } from '../action.js';
import { Ec2Error, missingParameter } from '../errors.js';
import { isFleetId } from '../fleet/answers.js';
import { isEnding } from '../fleet/fleet.js';
import { stateName } from '../fleet/states.js';
import type { XmlValue } from '../xml.js';

/**
 * This limit is for fleets that are not `instant`:
 * https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteFleets.html
 */
const MAX_IDS = 100;

export const deleteFleets: Action = (query, { fleets }) => {
  const ids = query.strings('FleetId');
  if (ids.length === 0) throw missingParameter('FleetId');
  if (ids.length > MAX_IDS) throw new Ec2Error('InvalidParameterValue', `A call deletes at most ${MAX_IDS} fleets.`);
  const terminate = query.boolean('TerminateInstances');
  if (terminate === undefined) throw missingParameter('TerminateInstances');
  const deleted: XmlValue[] = [];
  const refused: XmlValue[] = [];
  const refuse = (id: string, code: string, message: string): void =>
    void refused.push({ fleetId: id, error: { code, message } });
  for (const id of ids) {
    const fleet = fleets.get(id);
    if (!isFleetId('ec2', id)) refuse(id, 'fleetIdMalformed', `${id} is not the id of a fleet.`);
    else if (fleet?.config.kind !== 'ec2') refuse(id, 'fleetIdDoesNotExist', `There is no fleet ${id}.`);
    else if (isEnding(fleet)) refuse(id, 'fleetNotInDeletableState', `${id} is being deleted, or is deleted already.`);
    else {
      const previous = stateName(fleet);
      // The answer names the state that the fleet enters, although a fleet without instances has already left it.
      const current = terminate ? 'deleted_terminating' : 'deleted_running';
      fleets.delete(fleet, terminate);
      deleted.push({
        fleetId: id,
        previousFleetState: previous,
        currentFleetState: current,
      });
    }
  }
  return { successfulFleetDeletionSet: deleted, unsuccessfulFleetDeletionSet: refused };
};
