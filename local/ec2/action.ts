/** What an action of the EC2 API is: one file each in actions/. */
import type { Compute } from './compute.js';
import type { Query } from './query.js';
import type { XmlRecord } from './xml.js';

export type Action = (query: Query, compute: Compute) => XmlRecord;
