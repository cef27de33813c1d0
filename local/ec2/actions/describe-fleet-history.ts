import type { Action } from '../action.js';
import { missingParameter } from '../errors.js';
import { findFleet } from '../fleet/answers.js';
import { page } from '../paging.js';

/** Differs from AWS: events are here at once, not up to 30 s later. */
export const describeFleetHistory: Action = (query, compute) => {
  const fleet = findFleet(compute, 'ec2', query.required('FleetId'));
  const startMs = query.timeMs('StartTime');
  if (startMs === undefined) throw missingParameter('StartTime');
  const type = query.oneOf('EventType', ['instance-change', 'fleet-change', 'service-error']);
  const events = fleet.events.filter(
    (event) => event.atMs >= startMs && (type === undefined || event.type === type || type === 'service-error'),
  );
  const shown = type === 'service-error' ? events.filter((event) => event.type === 'error') : events;
  const { items, nextToken } = page(shown, query, (_, index) => index);
  return {
    fleetId: fleet.id,
    startTime: new Date(startMs),
    lastEvaluatedTime: new Date(compute.clock.nowMs()),
    historyRecordSet: items.map((event) => ({
      eventType: event.type === 'error' ? 'service-error' : event.type,
      timestamp: new Date(event.atMs),
      eventInformation: {
        eventSubType: event.subType,
        eventDescription: event.description,
        instanceId: event.instanceId,
      },
    })),
    nextToken,
  };
};
