/**
 * Builds the answer of DescribeFleetHistory and DescribeSpotFleetRequestHistory, without the fleet's id.
 * https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_EventInformation.html
 */
import type { Compute } from '../compute.js';
import { missingParameter } from '../errors.js';
import { page } from '../paging.js';
import type { Query } from '../query.js';
import type { XmlRecord } from '../xml.js';
import type { Fleet, FleetEvent } from './fleet.js';
import type { FleetKind } from './kind.js';

/** The names of the event types in each API. */
const TYPES: Readonly<Record<FleetKind, Readonly<Record<FleetEvent['type'], string>>>> = {
  ec2: { fleet: 'fleet-change', instance: 'instance-change', error: 'service-error' },
  spot: { fleet: 'fleetRequestChange', instance: 'instanceChange', error: 'error' },
};
/** The Spot Fleet API has one more type, which never occurs here. */
const UNUSED_TYPES: Readonly<Record<FleetKind, readonly string[]>> = { ec2: [], spot: ['information'] };

export function fleetHistory(fleet: Fleet, query: Query, { visible }: Compute): XmlRecord {
  const { kind } = fleet.config;
  const types = TYPES[kind];
  const startMs = query.timeMs('StartTime');
  if (startMs === undefined) throw missingParameter('StartTime');
  const type = query.oneOf('EventType', [...Object.values(types), ...UNUSED_TYPES[kind]]);
  const asOfMs = visible.asOfMs();
  const events = fleet.events.filter(
    (event) => event.atMs >= startMs && event.atMs <= asOfMs && (type === undefined || types[event.type] === type),
  );
  const { items, nextToken } = page(events, query, (event) => event.sequence);
  return {
    startTime: new Date(startMs),
    // AWS documents that it is absent while there are more items.
    lastEvaluatedTime: nextToken === undefined ? new Date(asOfMs) : undefined,
    historyRecordSet: items.map((event) => ({
      eventType: types[event.type],
      timestamp: new Date(event.atMs),
      eventInformation: {
        eventSubType: event.subType,
        eventDescription: event.description,
        instanceId: event.instanceId,
      },
    })),
    nextToken,
  };
}
