import type { Action } from '../action.js';
import { missingParameter } from '../errors.js';
import { typesThatMeet } from '../fleet/requirements.js';
import { page } from '../paging.js';

export const getInstanceTypesFromInstanceRequirements: Action = (query) => {
  const architectures = query.strings('ArchitectureType');
  if (architectures.length === 0) throw missingParameter('ArchitectureType');
  const virtualizations = query.strings('VirtualizationType');
  if (virtualizations.length === 0) throw missingParameter('VirtualizationType');
  const requirements = query.child('InstanceRequirements');
  const met = new Set(architectures.flatMap((architecture) => typesThatMeet(requirements, architecture)));
  const found = virtualizations.includes('hvm') ? [...met].sort() : [];
  const { items, nextToken } = page(found, query, (_, index) => index);
  return { instanceTypeSet: items.map((instanceType) => ({ instanceType })), nextToken };
};
