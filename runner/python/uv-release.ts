/**
 * The release of uv that is pinned here. Its wheels lock packages on the submitter's machine when that has no uv of its own, and install them on
 * instances. The digests are those that the package index gives for the files.
 */
import type { Wheel } from '../../core/contract/python-environment.js';

const VERSION = '0.13.9';

/** An older uv on the submitter's machine is not used. Its lock would lack what is read here. */
export const LOWEST_UV_VERSION = '0.8.0';

type Row = readonly [tag: string, sha256: string, bytes: number];

const ROWS = {
  linuxX64: [
    'manylinux_2_17_x86_64.manylinux2014_x86_64',
    'd7f459fe4fd247d830351c75686d3996ace3c6f3f728eb0e85a30b7ada0cef19',
    17_606_939,
  ],
  linuxArm64: [
    'manylinux_2_28_aarch64',
    'ecb6028d79dc96fbeafffe5c8af62a7099487ebc05a701e76714eebcffd06375',
    16_864_124,
  ],
  muslX64: ['musllinux_1_1_x86_64', '2c45530751517d6c3bbc69a19473f6effe47cce047bede01ffd8af7ea7b36b25', 19_295_638],
  muslArm64: [
    'manylinux_2_17_aarch64.manylinux2014_aarch64.musllinux_1_1_aarch64',
    '5435c5ce14a56431208ca0996416d310f1598e8c2c8ba707688985a16bb82dbe',
    18_026_789,
  ],
  macX64: ['macosx_10_12_x86_64', 'c16ed11e013557536b3e60065f1b912f6407bd6518e041b961e23ef9e6b4fbf5', 17_529_974],
  macArm64: ['macosx_11_0_arm64', '66c512266d633bef48384a1f53003f41f2a8e7b36fe6e7fbfd3e0fd52d96fa63', 14_660_755],
  windowsX64: ['win_amd64', '6a44b2ed8111d2f60d2b92627c5dccda3f7ed7570b18ce115e569cd68c28246b', 15_662_317],
  windowsArm64: ['win_arm64', 'eeb92051c2123b9730c46b04cc843cfa4bc7d7b0aec56df431a2215ef4cb0273', 15_841_844],
} as const satisfies Readonly<Record<string, Row>>;

/** Each wheel is for one kind of machine. */
export type UvMachine = keyof typeof ROWS;

export function uvWheel(machine: UvMachine): Wheel {
  const [tag, sha256, bytes]: Row = ROWS[machine];
  return { name: 'uv', version: VERSION, file: `uv-${VERSION}-py3-none-${tag}.whl`, sha256, bytes };
}

/** Undefined for a platform for which no wheel of uv is pinned. The names are those of uv. */
export function machineOfPlatform(platform: string): UvMachine | undefined {
  const [, processor, system] = /^(aarch64|x86_64)-(.+)$/.exec(platform) ?? [];
  if (processor === undefined || system === undefined) return undefined;
  const isArm = processor === 'aarch64';
  if (system === 'apple-darwin') return isArm ? 'macArm64' : 'macX64';
  if (system === 'unknown-linux-musl') return isArm ? 'muslArm64' : 'muslX64';
  const glibc = Number(/^manylinux_2_(\d+)$/.exec(system)?.[1] ?? 17);
  // The wheel for an older glibc on arm64 is the one that musl takes, too.
  return isArm ? (glibc >= 28 ? 'linuxArm64' : 'muslArm64') : 'linuxX64';
}

/** The machine on which this command runs. */
export function thisMachine(system: string, processor: string, isMusl: boolean): UvMachine | undefined {
  const isArm = processor === 'arm64';
  if (!isArm && processor !== 'x64') return undefined;
  if (system === 'darwin') return isArm ? 'macArm64' : 'macX64';
  if (system === 'win32') return isArm ? 'windowsArm64' : 'windowsX64';
  if (system !== 'linux') return undefined;
  if (isMusl) return isArm ? 'muslArm64' : 'muslX64';
  return isArm ? 'muslArm64' : 'linuxX64'; // this file is for every glibc since 2.17
}
