import { expect, it } from 'vitest';
import { putText } from '../../../runner/follow/python-packages.js';

it.each([
  [
    { uploaded: 3, uploadedBytes: 35_300_000, present: 0 },
    '3 wheels (35.3 MB) uploaded to the bucket. One of them is uv, which installs the others.',
  ],
  [
    { uploaded: 1, uploadedBytes: 17_000_000, present: 2 },
    '1 wheel (17.0 MB) uploaded to the bucket; 2 were there already.',
  ],
  [{ uploaded: 0, uploadedBytes: 0, present: 3 }, 'All 3 wheels are in the bucket already.'],
  [{ uploaded: 0, uploadedBytes: 0, present: 1 }, 'The wheel of uv is in the bucket already.'],
])('says why there is one wheel more than packages: %j', (put, text) => {
  expect(putText({ code: 'packages-put', ...put })).toBe(text);
});
