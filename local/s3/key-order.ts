/**
 * S3 lists keys in the order of their UTF-8 bytes. JavaScript compares UTF-16 units, which differs in one case
 * only: surrogates (U+10000 and up) sort below U+E000–U+FFFF as units, but above them as bytes.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/ListingKeysUsingAPIs.html
 */
const FIRST_SURROGATE = 0xd800;
const FIRST_AFTER_SURROGATES = 0xe000;

export function compareKeys(left: string, right: string): number {
  const shared = Math.min(left.length, right.length);
  for (let index = 0; index < shared; index++) {
    const a = left.charCodeAt(index);
    const b = right.charCodeAt(index);
    if (a !== b) return byteRank(a) - byteRank(b);
  }
  return left.length - right.length;
}

function byteRank(unit: number): number {
  if (unit < FIRST_SURROGATE) return unit;
  return unit >= FIRST_AFTER_SURROGATES ? unit - 0x800 : unit + 0x2000;
}
