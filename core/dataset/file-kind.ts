/** The first bytes of a file tell its kind. https://en.wikipedia.org/wiki/List_of_file_signatures */

export type FileKind =
  | 'gzip'
  | 'zip'
  | 'spreadsheet'
  | 'bzip2'
  | 'xz'
  | 'zstd'
  | 'lz4'
  | '7z'
  | 'rar'
  | 'tar'
  | 'parquet'
  | 'arrow'
  | 'orc'
  | 'avro'
  | 'sqlite'
  | 'hdf5'
  | 'numpy'
  | 'pdf'
  | 'image'
  | 'utf-16'
  | 'utf-32'
  | 'binary';

/** `at` is the offset of the bytes. A `binary` signature is made of letters, so it counts only in a file with bytes that no text has. */
interface Signature {
  readonly kind: FileKind;
  readonly bytes: readonly number[];
  readonly at?: number;
  readonly binary?: true;
}

const letters = (text: string): readonly number[] => [...text].map((letter) => letter.charCodeAt(0));

const SIGNATURES: readonly Signature[] = [
  { kind: 'gzip', bytes: [0x1f, 0x8b] },
  { kind: 'zip', bytes: [...letters('PK'), 3, 4] },
  { kind: 'zip', bytes: [...letters('PK'), 5, 6] },
  { kind: 'zip', bytes: [...letters('PK'), 7, 8] },
  { kind: 'spreadsheet', bytes: [0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1] },
  { kind: 'bzip2', bytes: [0x31, 0x41, 0x59, 0x26, 0x53, 0x59], at: 4 },
  { kind: 'bzip2', bytes: [0x17, 0x72, 0x45, 0x38, 0x50, 0x90], at: 4 },
  { kind: 'xz', bytes: [0xfd, ...letters('7zXZ'), 0] },
  { kind: 'zstd', bytes: [0x28, 0xb5, 0x2f, 0xfd] },
  { kind: 'lz4', bytes: [0x04, 0x22, 0x4d, 0x18] },
  { kind: '7z', bytes: [...letters('7z'), 0xbc, 0xaf, 0x27, 0x1c] },
  { kind: 'rar', bytes: [...letters('Rar!'), 0x1a, 0x07] },
  { kind: 'tar', bytes: letters('ustar'), at: 257, binary: true },
  { kind: 'parquet', bytes: letters('PAR1'), binary: true },
  { kind: 'parquet', bytes: letters('PARE'), binary: true },
  { kind: 'arrow', bytes: [...letters('ARROW1'), 0, 0] },
  { kind: 'arrow', bytes: letters('FEA1'), binary: true },
  { kind: 'arrow', bytes: [0xff, 0xff, 0xff, 0xff], binary: true },
  { kind: 'orc', bytes: letters('ORC'), binary: true },
  { kind: 'avro', bytes: [...letters('Obj'), 1] },
  { kind: 'sqlite', bytes: [...letters('SQLite format 3'), 0] },
  { kind: 'hdf5', bytes: [0x89, ...letters('HDF'), 0x0d, 0x0a, 0x1a, 0x0a] },
  { kind: 'numpy', bytes: [0x93, ...letters('NUMPY')] },
  { kind: 'pdf', bytes: letters('%PDF-') },
  { kind: 'image', bytes: [0x89, ...letters('PNG'), 0x0d, 0x0a] },
  { kind: 'image', bytes: [0xff, 0xd8, 0xff] },
  { kind: 'image', bytes: letters('GIF8'), binary: true },
  { kind: 'image', bytes: letters('WEBP'), at: 8, binary: true },
  { kind: 'image', bytes: [...letters('II*'), 0] },
  { kind: 'image', bytes: [...letters('MM'), 0, 0x2a] },
  { kind: 'utf-32', bytes: [0xff, 0xfe, 0, 0] },
  { kind: 'utf-32', bytes: [0, 0, 0xfe, 0xff] },
  { kind: 'utf-16', bytes: [0xff, 0xfe] },
  { kind: 'utf-16', bytes: [0xfe, 0xff] },
];

/** Returns undefined when the file may be text. `isUtf8` is about the whole head, without a character that is cut at its end. */
export function fileKind(head: Uint8Array, isUtf8: boolean): FileKind | undefined {
  const binary = !isUtf8 || controlBytes(head) > 0;
  const found = SIGNATURES.find(
    ({ bytes, at = 0, binary: needsBinary }) =>
      (binary || needsBinary !== true) && bytes.every((byte, i) => head[at + i] === byte),
  );
  if (found !== undefined) return found.kind === 'zip' ? insideZip(head) : found.kind;
  return wideText(head) ?? (looksBinary(head, isUtf8) ? 'binary' : undefined);
}

/** A workbook is a zip archive that begins with one of these names; a NumPy archive has files that end in `.npy`. */
function insideZip(head: Uint8Array): FileKind {
  const text = String.fromCharCode(...head.subarray(0, 2_000));
  if (/\[Content_Types\]\.xml|xl\/|mimetypeapplication\/vnd\.oasis/.test(text)) return 'spreadsheet';
  return /\.npy/.test(text.slice(0, 300)) ? 'numpy' : 'zip';
}

/** ASCII in UTF-16 or UTF-32 without a byte order mark: every second byte is zero, or three of four are. */
function wideText(head: Uint8Array): FileKind | undefined {
  const zeros = [0, 0, 0, 0];
  let printable = false;
  const length = head.length - (head.length % 4);
  for (let i = 0; i < length; i++) {
    const byte = head[i] ?? 0;
    if (byte === 0) zeros[i % 4] = (zeros[i % 4] ?? 0) + 1;
    else if (byte > 0x20 && byte < 0x7f) printable = true;
  }
  if (!printable) return undefined;
  const units = length / 4;
  const mostly = zeros.map((count) => (count >= units * MOSTLY ? '0' : count <= units * (1 - MOSTLY) ? 'x' : '?'));
  switch (mostly.join('')) {
    case '0x0x':
    case 'x0x0':
      return 'utf-16';
    case '000x':
    case 'x000':
      return 'utf-32';
    default:
      return undefined;
  }
}

const MOSTLY = 0.9;

/** Random bytes are control characters one time in ten; text in an old 8-bit encoding has none. */
const BINARY_SHARE = 0.02;
/** When a disk has kept only a file's length, the file is all zeros, which is valid UTF-8. */
const ZERO_SHARE = 0.3;
const ENOUGH_BYTES = 512;

function looksBinary(head: Uint8Array, isUtf8: boolean): boolean {
  const share = controlBytes(head) / Math.max(head.length, 1);
  return isUtf8 ? head.length >= ENOUGH_BYTES && share > ZERO_SHARE : share > BINARY_SHARE;
}

function controlBytes(head: Uint8Array): number {
  let count = 0;
  for (const byte of head) if (byte < 0x20 && !(byte >= 0x09 && byte <= 0x0d) && byte !== 0x1b) count += 1;
  return count;
}
