/** A simple model of S3's listings, to compare the real one with. https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html */
export const byteOrder = (left: string, right: string): number => Buffer.compare(Buffer.from(left), Buffer.from(right));

export interface ListingQuery {
  readonly prefix: string;
  readonly delimiter: string;
  readonly startAfter: string | undefined;
  readonly maxKeys: number;
}

/** Computes the whole listing in the plainest way: filter, sort, group. */
export function listingOf(keys: readonly string[], { prefix, delimiter, startAfter }: ListingQuery): readonly string[] {
  const shown = keys
    .filter((key) => key.startsWith(prefix) && (startAfter === undefined || byteOrder(key, startAfter) > 0))
    .sort(byteOrder)
    .map((key) => {
      const found = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
      return found === -1 ? `key ${key}` : `prefix ${key.slice(0, found + delimiter.length)}`;
    });
  return [...new Set(shown)];
}
