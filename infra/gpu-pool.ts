/**
 * A pool of NVIDIA GPUs runs AWS's Deep Learning base image, which has the drivers. Sources: the image's release notes
 * (https://docs.aws.amazon.com/dlami/latest/devguide/appendix-ami-release-notes.html) and its public parameter
 * (https://docs.aws.amazon.com/dlami/latest/devguide/find-dlami-id.html).
 */
import { matchesPattern } from '../core/pool/spot-quota.js';
import { GPU_DEFAULTS } from './gpu-defaults.js';
import type { SpotPoolProps } from './props.js';

/** The notes name no vendor's GPUs but NVIDIA's. For arm64 there is another image, which serves G5g and P6e alone. */
export const GPU_IMAGE_PARAMETER =
  '/aws/service/deeplearning/ami/x86_64/base-oss-nvidia-driver-gpu-amazon-linux-2023/latest/ami-id';

/** The image's snapshot has this size, and EC2 refuses to launch from a smaller volume (InvalidBlockDeviceMapping). */
const GPU_IMAGE_GIB = 75;

/** EC2 gives a fraction of a GPU and of its memory with these types, and prices them below all others. */
const FRACTIONS = ['g6f.*', 'gr6f.*'] as const;
/** The notes of the image leave out these families: its driver has open kernel modules, which know no GPUs as old as theirs. */
const NOT_SERVED = ['p3.*', 'p3dn.*'] as const;

/** EC2 accepts only one list of instance types, so a list of allowed ones stands alone. */
export function excludedTypes(settings: SpotPoolProps): readonly string[] | undefined {
  const { gpus, imageId, allowedInstanceTypes, excludedInstanceTypes } = settings;
  if (gpus === undefined || allowedInstanceTypes !== undefined) return excludedInstanceTypes;
  return [...(excludedInstanceTypes ?? []), ...FRACTIONS, ...(imageId === undefined ? NOT_SERVED : [])];
}

export function gpuProblems(props: SpotPoolProps): readonly string[] {
  const { gpus, imageId, architecture, rootVolumeGib, allowedInstanceTypes = [] } = props;
  if (gpus === undefined || imageId !== undefined) return [];
  const problems: string[] = [];
  if (architecture === 'arm64') {
    problems.push(
      "gpus is given with the architecture arm64: the image that AWS has for it serves G5g and P6e alone, and spotpool does not use it. Leave architecture out, which means x86_64, or give imageId, an image of yours with NVIDIA's drivers.",
    );
  }
  if (typeof rootVolumeGib === 'number' && rootVolumeGib < GPU_IMAGE_GIB) {
    problems.push(
      `rootVolumeGib is ${rootVolumeGib}: the snapshot of the image for gpus has ${GPU_IMAGE_GIB} GiB, and EC2 launches nothing from a smaller volume. Leave rootVolumeGib out, which means ${GPU_DEFAULTS.rootVolumeGib}, or give at least ${GPU_IMAGE_GIB}.`,
    );
  }
  const tooOld = Array.isArray(allowedInstanceTypes) ? allowedInstanceTypes.filter(takesTooOld) : [];
  return [
    ...problems,
    ...tooOld.map(
      (pattern) =>
        `allowedInstanceTypes has ${JSON.stringify(pattern)}, which takes P3 too: the drivers of the image for gpus do not know its GPUs. Name families, such as p4d.* and p5.*, or give imageId.`,
    ),
  ];
}

const takesTooOld = (pattern: unknown): boolean =>
  typeof pattern === 'string' && ['p3.2xlarge', 'p3dn.24xlarge'].some((type) => matchesPattern(type, pattern));
