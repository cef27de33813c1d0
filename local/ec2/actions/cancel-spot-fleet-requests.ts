import type { Action } from '../action.js';
import { Ec2Error, missingParameter } from '../errors.js';
import { isFleetId } from '../fleet/answers.js';
import { isEnding } from '../fleet/fleet.js';
import { stateName } from '../fleet/states.js';
import type { XmlValue } from '../xml.js';

/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CancelSpotFleetRequests.html */
const MAX_IDS = 100;

export const cancelSpotFleetRequests: Action = (query, { fleets }) => {
  const ids = query.strings('SpotFleetRequestId');
  if (ids.length === 0) throw missingParameter('SpotFleetRequestId');
  if (ids.length > MAX_IDS) throw new Ec2Error('InvalidParameterValue', `A call cancels at most ${MAX_IDS} requests.`);
  const terminate = query.boolean('TerminateInstances');
  if (terminate === undefined) throw missingParameter('TerminateInstances');
  const cancelled: XmlValue[] = [];
  const refused: XmlValue[] = [];
  const refuse = (id: string, code: string, message: string): void =>
    void refused.push({ spotFleetRequestId: id, error: { code, message } });
  for (const id of ids) {
    const fleet = fleets.get(id);
    if (!isFleetId('spot', id)) refuse(id, 'fleetRequestIdMalformed', `${id} is not the id of a Spot Fleet request.`);
    else if (fleet?.config.kind !== 'spot')
      refuse(id, 'fleetRequestIdDoesNotExist', `There is no Spot Fleet request ${id}.`);
    else if (isEnding(fleet)) refuse(id, 'fleetRequestNotInCancellableState', `${id} is cancelled already.`);
    else {
      const previous = stateName(fleet);
      // The answer names the state that the fleet enters, although a fleet without instances has already left it.
      const current = terminate ? 'cancelled_terminating' : 'cancelled_running';
      fleets.delete(fleet, terminate);
      cancelled.push({
        spotFleetRequestId: id,
        previousSpotFleetRequestState: previous,
        currentSpotFleetRequestState: current,
      });
    }
  }
  return { successfulFleetRequestSet: cancelled, unsuccessfulFleetRequestSet: refused };
};
