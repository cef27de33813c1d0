import { describe, expect, it } from 'vitest';
import { formatName, formatOfHead, formatsOfWheel, packageOf, runsOn } from '../../../runner/model/native-format.js';

const head = (...bytes: number[]): Uint8Array => Uint8Array.from({ length: 20 }, (_, index) => bytes[index] ?? 0);
const elf = (machine: number): Uint8Array =>
  head(0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 0, machine, 0);

describe('what a native file is for', () => {
  it.each([
    [elf(0x3e), 'Linux x86_64'],
    [elf(0xb7), 'Linux arm64'],
    [elf(0x03), 'Linux'],
    [head(0xcf, 0xfa, 0xed, 0xfe, 0x0c, 0, 0, 1), 'macOS arm64'],
    [head(0xcf, 0xfa, 0xed, 0xfe, 0x07, 0, 0, 1), 'macOS x86_64'],
    [head(0xca, 0xfe, 0xba, 0xbe), 'macOS'],
    [head(0x4d, 0x5a), 'Windows'],
  ])('is told by its first bytes', (bytes, name) => {
    const format = formatOfHead(bytes);
    expect(format && formatName(format)).toBe(name);
  });

  it('is nothing for scripts, texts and empty files', () => {
    expect(formatOfHead(new TextEncoder().encode('#!/usr/bin/env node\nmore'))).toBeUndefined();
    expect(formatOfHead(new Uint8Array())).toBeUndefined();
  });

  it('is told by the tags of a wheel', () => {
    const fits = (name: string) => formatsOfWheel(name).map((format) => runsOn(format, 'arm64'));
    expect(fits('numpy-2.1.0-cp312-cp312-manylinux_2_17_aarch64.manylinux2014_aarch64.whl')).toEqual([true, true]);
    expect(fits('numpy-2.1.0-cp312-cp312-manylinux2014_x86_64.whl')).toEqual([false]);
    expect(fits('numpy-2.1.0-cp312-cp312-musllinux_1_2_aarch64.whl')).toEqual([false]);
    expect(fits('numpy-2.1.0-cp312-cp312-macosx_11_0_arm64.whl')).toEqual([false]);
    expect(fits('six-1.16.0-py2.py3-none-any.whl')).toEqual([]);
  });

  it.each([
    ['node_modules/@img/sharp-darwin-arm64/sharp.node', 'node_modules/@img/sharp-linuxmusl-x64/sharp.node'],
    ['node_modules/@rollup/rollup-linux-arm64-gnu/a.node', 'node_modules/@rollup/rollup-darwin-x64/a.node'],
    ['node_modules/onnxruntime-node/bin/darwin/arm64/a.dylib', 'node_modules/onnxruntime-node/bin/linux/x64/a.so.1'],
    ['lib/linux-arm64/addon.node', 'lib/darwin-x64/addon.node'],
    ['wheels/numpy-2-cp312-cp312-win_amd64.whl', 'wheels/numpy-2-cp312-cp312-macosx_11_0_arm64.whl'],
    ['v/site-packages/_cffi.cpython-312-x86_64-linux-gnu.so', 'v/site-packages/_cffi.cpython-312-darwin.so'],
  ])('belongs together platforms aside: %s and %s', (one, other) => {
    expect(packageOf(one)).toBe(packageOf(other));
  });

  it('does not belong together otherwise', () => {
    expect(packageOf('node_modules/a/x.node')).not.toBe(packageOf('node_modules/b/x.node'));
    expect(packageOf('lib/one.so')).not.toBe(packageOf('lib/two.so'));
    expect(packageOf('node_modules/charm/x.node')).not.toBe(packageOf('node_modules/ch/x.node'));
  });
});
