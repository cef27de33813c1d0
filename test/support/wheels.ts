/** Makes wheels for tests. A wheel is a zip of the files that an installer copies. */
import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { Wheel } from '../../core/contract/python-environment.js';

const LOCAL = 0x04034b50;
const CENTRAL = 0x02014b50;
const END = 0x06054b50;
const VERSION = 20;
/** The first day that the format can express. */
const DATE = 0x21;

/** The files are stored without compression. */
export function zipOf(files: Readonly<Record<string, string>>): Buffer {
  const locals: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [path, text] of Object.entries(files)) {
    const [name, body] = [Buffer.from(path), Buffer.from(text)];
    const common = Buffer.alloc(26);
    common.writeUInt16LE(VERSION, 0);
    common.writeUInt16LE(DATE, 8);
    common.writeUInt32LE(crc32(body), 10);
    common.writeUInt32LE(body.length, 14);
    common.writeUInt32LE(body.length, 18);
    common.writeUInt16LE(name.length, 22);
    const local = Buffer.concat([uint32(LOCAL), common, name, body]);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(offset, 10);
    directory.push(Buffer.concat([uint32(CENTRAL), uint16(VERSION), common, rest, name]));
    locals.push(local);
    offset += local.length;
  }
  const size = directory.reduce((sum, { length }) => sum + length, 0);
  const count = uint16(directory.length);
  const end = Buffer.concat([uint32(END), uint32(0), count, count, uint32(size), uint32(offset), uint16(0)]);
  return Buffer.concat([...locals, ...directory, end]);
}

const uint16 = (value: number): Buffer => {
  const buffer = Buffer.alloc(2);
  buffer.writeUInt16LE(value);
  return buffer;
};

const uint32 = (value: number): Buffer => {
  const buffer = Buffer.alloc(4);
  buffer.writeUInt32LE(value);
  return buffer;
};

export interface MadeWheel {
  readonly wheel: Wheel;
  readonly body: Buffer;
}

/** A wheel of pure Python, with the metadata that installers ask for. */
export function wheelOf(name: string, version: string, files: Readonly<Record<string, string>>): MadeWheel {
  const info = `${name}-${version}.dist-info`;
  const all = {
    ...files,
    [`${info}/METADATA`]: `Metadata-Version: 2.1\nName: ${name}\nVersion: ${version}\n`,
    [`${info}/WHEEL`]: 'Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n',
  };
  const record = [...Object.keys(all), `${info}/RECORD`].map((path) => `${path},,\n`).join('');
  return wheelFileOf(
    name,
    version,
    zipOf({ ...all, [`${info}/RECORD`]: record }),
    `${name}-${version}-py3-none-any.whl`,
  );
}

export const wheelFileOf = (name: string, version: string, body: Buffer, file: string): MadeWheel => ({
  wheel: { name, version, file, sha256: createHash('sha256').update(body).digest('hex'), bytes: body.length },
  body,
});

/** The lock that belongs to the wheels. */
export const lockOf = (wheels: readonly Wheel[]): string =>
  wheels.map(({ name, version, sha256 }) => `${name}==${version} --hash=sha256:${sha256}\n`).join('');
