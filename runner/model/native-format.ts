/** What machines a native file is for, told by its first bytes, or (a Python wheel) by its name. */
import type { Architecture } from '../../core/contract/stack.js';

export interface NativeFormat {
  readonly system: 'Linux' | 'Linux (musl)' | 'macOS' | 'Windows' | 'other';
  /** `any`: for several at once. */
  readonly processor: Architecture | 'any' | 'other';
}

/** So many bytes of a file tell. */
export const HEAD_BYTES = 20;

export function formatOfHead(head: Uint8Array): NativeFormat | undefined {
  if (head.length < HEAD_BYTES) return undefined;
  const bytes = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const magic = bytes.getUint32(0);
  if (magic === 0x7f454c46) return elfFormat(bytes);
  if (magic === 0xcffaedfe) return { system: 'macOS', processor: MACH_PROCESSORS[bytes.getUint32(4, true)] ?? 'other' };
  if (magic === 0xcafebabe) return { system: 'macOS', processor: 'any' };
  if (bytes.getUint16(0) === 0x4d5a) return { system: 'Windows', processor: 'other' };
  return undefined;
}

/** https://refspecs.linuxfoundation.org/elf/gabi4+/ch4.eheader.html */
function elfFormat(bytes: DataView): NativeFormat {
  const isLittleEndian = bytes.getUint8(5) === 1;
  const machine = bytes.getUint16(18, isLittleEndian);
  return { system: 'Linux', processor: ELF_PROCESSORS[machine] ?? 'other' };
}

const ELF_PROCESSORS: Readonly<Record<number, Architecture>> = { 0x3e: 'x86_64', 0xb7: 'arm64' };
const MACH_PROCESSORS: Readonly<Record<number, Architecture>> = { 0x01000007: 'x86_64', 0x0100000c: 'arm64' };

/** One for each platform tag; none when the wheel is for any machine. https://packaging.python.org/en/latest/specifications/platform-compatibility-tags/ */
export function formatsOfWheel(fileName: string): readonly NativeFormat[] {
  const tags = /-([^-]+)\.whl$/.exec(fileName)?.[1]?.split('.') ?? [];
  return tags.includes('any') ? [] : tags.map(formatOfTag);
}

function formatOfTag(tag: string): NativeFormat {
  return { system: systemOfTag(tag), processor: processorOfTag(tag) };
}

function systemOfTag(tag: string): NativeFormat['system'] {
  if (tag.startsWith('musllinux')) return 'Linux (musl)';
  if (/^(many)?linux/.test(tag)) return 'Linux';
  if (tag.startsWith('macosx')) return 'macOS';
  return tag.startsWith('win') ? 'Windows' : 'other';
}

function processorOfTag(tag: string): NativeFormat['processor'] {
  if (/_(x86_64|amd64)$/.test(tag)) return 'x86_64';
  if (/_(aarch64|arm64)$/.test(tag)) return 'arm64';
  return tag.endsWith('_universal2') ? 'any' : 'other';
}

/** Instances run a Linux with glibc. */
export const runsOn = ({ system, processor }: NativeFormat, architecture: Architecture): boolean =>
  system === 'Linux' && processor === architecture;

export const formatName = ({ system, processor }: NativeFormat): string =>
  ['any', 'other'].includes(processor) ? system : `${system} ${processor}`;

const PLATFORM_WORDS =
  /(?<![a-z0-9])(darwin|macos|macosx|osx|linux|linuxmusl|win32|windows|freebsd|openbsd|netbsd|android|sunos|aix|x86_64|x64|amd64|arm64|aarch64|arm|armv7|armv7l|ia32|i686|riscv64|s390x|ppc64|ppc64le|loong64|mips64el|universal|gnu|glibc|musl|msvc|gnueabihf|musleabihf)(?![a-z0-9])/gi;

/** A path with its words for platforms left out: the same for all builds of one thing. */
export const withoutPlatform = (path: string): string =>
  path.replaceAll(PLATFORM_WORDS, '*').replaceAll(/\*(?:[-_./]\*)+/g, '*');

/**
 * Of which package a file is, platforms aside: packages often hold builds for many machines, or are installed as one package for each, and one
 * that fits is enough. Files of the model itself stand alone.
 */
export function packageOf(path: string): string {
  const wheel = /(?:^|\/)([^/-]+)-[^/]+\.whl$/.exec(path)?.[1];
  if (wheel !== undefined) return `wheel ${wheel}`;
  const installed = /^(?:.*\/)?(?:node_modules|site-packages|dist-packages)\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0];
  return withoutPlatform(installed ?? path);
}
