/** Describes the Python packages of a model: what is locked, and what was uploaded. */
import { bytes, count, oneLine, plural } from '../display/format.js';
import type { SubmitEvent } from '../submit/submit-event.js';

type Locked = Extract<SubmitEvent, { code: 'packages-locked' }>;
type Put = Extract<SubmitEvent, { code: 'packages-put' }>;

export function lockedText(locked: Locked): string {
  const { requirements, packages, bytes: size, python, platform, source, isFromCache } = locked;
  const from =
    (isFromCache ? " No package index could be reached, so the lock is made from uv's cache." : '') +
    (source === 'index' ? ' Instances download them from the package index.' : '');
  return (
    `The packages of ${oneLine(requirements)} are locked for Python ${python} on ${platform}: ` +
    `${plural(packages, 'package')}, ${bytes(size)}.${from}`
  );
}

/** The installer is a wheel, too, so there is one wheel more than packages. */
export function putText({ uploaded, uploadedBytes, present }: Put): string {
  if (uploaded === 0) {
    return present === 1
      ? 'The wheel of uv is in the bucket already.'
      : `All ${present} wheels are in the bucket already.`;
  }
  const installer = present === 0 && uploaded > 1 ? ' One of them is uv, which installs the others.' : '';
  const others = present === 0 ? '' : `; ${count(present)} ${present === 1 ? 'was' : 'were'} there already`;
  return `${plural(uploaded, 'wheel')} (${bytes(uploadedBytes)}) uploaded to the bucket${others}.${installer}`;
}
