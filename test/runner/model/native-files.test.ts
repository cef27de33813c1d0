import { chmod } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { packed, tempDirectory } from './files.js';

const elf = (machine: number): Buffer =>
  Buffer.concat([
    Buffer.from([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, ...Array<number>(9).fill(0), 3, 0, machine, 0]),
    Buffer.alloc(40),
  ]);
const arm64 = elf(0xb7);
const x86 = elf(0x3e);
const mac = Buffer.concat([Buffer.from([0xcf, 0xfa, 0xed, 0xfe, 0x0c, 0, 0, 1]), Buffer.alloc(40)]);
const model = { 'index.mjs': 'export const predict = (items) => items;' };

const packFor = async (architecture: 'arm64' | 'x86_64', files: Record<string, string | Buffer>) =>
  packed(await tempDirectory({ ...model, ...files }), '.', { architecture });

describe('native files for other machines than the fleet’s', () => {
  it('are refused with their names, their platforms, and a remedy', async () => {
    const packing = packFor('arm64', { 'node_modules/sharp/build/sharp.node': mac, 'lib/fast.so.1.2': x86 });
    for (const said of [
      'Linux arm64',
      'node_modules/sharp/build/sharp.node (macOS arm64)',
      'lib/fast.so.1.2 (Linux x86_64)',
      'npm install --os=linux --cpu=arm64',
      'manylinux2014_aarch64',
      '--any-platform',
    ]) {
      await expect(packing).rejects.toThrow(said);
    }
    await expect(packing).rejects.not.toThrow('deploy the stack');
  });

  it('are refused with the advice to deploy the other architecture, if all files fit that', async () => {
    await expect(packFor('arm64', { 'a.node': x86 })).rejects.toThrow('"architecture": "x86_64"');
    await packFor('x86_64', { 'a.node': x86 });
  });

  it('are accepted beside a build that fits', async () => {
    await packFor('arm64', {
      'node_modules/@img/sharp-darwin-arm64/sharp.node': mac,
      'node_modules/@img/sharp-linux-arm64/sharp.node': arm64,
      'node_modules/many/prebuilds/linux-arm64/many.node': arm64,
      'node_modules/many/prebuilds/linux-x64/many.node': x86,
    });
  });

  it('are accepted in packages that Linux does not need', async () => {
    await packFor('arm64', {
      'node_modules/fsevents/fsevents.node': mac,
      'node_modules/fsevents/package.json': '{"name":"fsevents","os":["darwin"]}',
    });
    const packing = packFor('arm64', {
      'node_modules/@esbuild/darwin-arm64/esbuild.node': mac,
      'node_modules/@esbuild/darwin-arm64/package.json': '{"os":["darwin"]}',
    });
    await expect(packing).rejects.toThrow('@esbuild/darwin-arm64');
  });

  it('are found among wheels and programs, too, but scripts are not mistaken for them', async () => {
    const files = { 'numpy-2-cp312-cp312-macosx_11_0_arm64.whl': 'zip', score: mac, 'ld.so': 'INPUT(libc.so.6)' };
    const cwd = await tempDirectory({ ...model, ...files });
    await chmod(path.join(cwd, 'score'), 0o755);
    const packing = packed(cwd, '.', { architecture: 'arm64' });
    await expect(packing).rejects.toThrow('numpy-2-cp312-cp312-macosx_11_0_arm64.whl (macOS arm64)');
    await expect(packing).rejects.toThrow('score (macOS arm64)');
    await expect(packing).rejects.not.toThrow('ld.so');
  });

  it('are not examined when the stack does not state its architecture', async () => {
    await packed(await tempDirectory({ ...model, 'a.node': mac }), '.');
  });
});
