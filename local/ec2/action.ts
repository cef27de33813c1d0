/** An action of the EC2 API. Each has its own file in actions/. */
import type { Compute } from './compute.js';
import type { Query } from './query.js';
import type { XmlRecord } from './xml.js';

export type Action = (query: Query, compute: Compute) => XmlRecord;
