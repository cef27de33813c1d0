/** A pool of GPUs has these defaults in place of the others. */
import type { Range } from './property-rules.js';

/** No type with a whole NVIDIA GPU has fewer vCPUs. Types with eight GPUs have 96 and more, so there is no upper bound. */
const LEAST_VCPUS: Range = { min: 4 };

export const GPU_DEFAULTS = {
  architecture: 'x86_64',
  vcpus: LEAST_VCPUS,
  rootVolumeGib: 100,
} as const;
