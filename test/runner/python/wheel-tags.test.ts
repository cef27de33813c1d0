import { expect, it } from 'vitest';
import { bestWheel, fits } from '../../../runner/python/wheel-tags.js';

const ARM = { python: '3.13', platform: 'aarch64-manylinux_2_34' };

it('the wheel of a package is the one that fits the platform best', () => {
  // The order is that of the standard: interpreter and ABI first, then the newest platform, and wheels for any platform last.
  const order = [
    'cp313-cp313-manylinux_2_34_aarch64',
    'cp313-cp313-manylinux_2_17_aarch64.manylinux2014_aarch64',
    'cp313-cp313-manylinux2014_aarch64',
    'cp313-cp313-linux_aarch64',
    'cp313-abi3-manylinux_2_34_aarch64',
    'cp39-abi3-manylinux_2_28_aarch64',
    'py3-none-manylinux_2_28_aarch64',
    'cp313-none-any',
    'py3-none-any',
  ].map((tag) => ({ file: `a-1.0-${tag}.whl` }));
  for (const [at, best] of order.entries()) expect(bestWheel(order.slice(at).toReversed(), ARM)).toEqual(best);
  const builds = ['a-1.0-py3-none-any.whl', 'a-1.0-2-py3-none-any.whl', 'a-1.0-10-py3-none-any.whl'].map((file) => ({
    file,
  }));
  expect(bestWheel(builds, ARM)?.file).toBe('a-1.0-10-py3-none-any.whl');
});

it.each([
  ['cp313-cp313-manylinux_2_35_aarch64', ARM, false],
  ['cp313-cp313-manylinux_2_28_x86_64', ARM, false],
  ['cp312-cp312-manylinux_2_28_aarch64', ARM, false],
  ['cp313-cp313t-manylinux_2_28_aarch64', ARM, false],
  ['cp314-abi3-manylinux_2_28_aarch64', ARM, false],
  ['cp313-cp313-musllinux_1_2_aarch64', ARM, false],
  ['cp313-cp313-macosx_11_0_arm64', ARM, false],
  ['py2-none-any', ARM, false],
  ['cp37-abi3-manylinux2014_aarch64', ARM, true],
  ['cp39-cp39-manylinux1_x86_64', { python: '3.9', platform: 'x86_64-manylinux_2_36' }, true],
  ['cp39-cp39-macosx_11_0_arm64', { python: '3.9', platform: 'aarch64-apple-darwin' }, true],
  ['cp39-cp39-macosx_10_9_universal2', { python: '3.9', platform: 'aarch64-apple-darwin' }, true],
  ['cp39-cp39-macosx_10_9_x86_64', { python: '3.9', platform: 'aarch64-apple-darwin' }, false],
  ['cp39-cp39-musllinux_1_1_x86_64', { python: '3.9', platform: 'x86_64-unknown-linux-musl' }, true],
])('a wheel with the tag %s is for %o: %s', (tag, target, isFitting) => {
  expect(fits(`a-1.0-${tag}.whl`, target)).toBe(isFitting);
});

it('a wheel whose name an index has made a path is none', () => {
  for (const file of ['../../a-1.0-py3-none-any.whl', 'x/a-1.0-py3-none-any.whl', 'a\\b-1.0-py3-none-any.whl'])
    expect(fits(file, ARM)).toBe(false);
  expect(fits('a_b-1!1.0+cu128-py3-none-any.whl', ARM)).toBe(true);
});
