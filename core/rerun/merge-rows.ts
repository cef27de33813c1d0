/**
 * Merges the rows of a job and its reruns into one stream in the order of the dataset. Over an item the newest row that is ok counts, else the newest failed one.
 *
 * Invariants:
 * - Every stream is in strictly rising order of the index, and so is the result.
 * - In memory are one group of rows of each stream, and a group of the result that is made of them.
 * - A group of the result ends where a group of a stream ends, so that it is no larger than these groups together.
 */
export interface MergedRow {
  readonly index: number;
  readonly ok: boolean;
}

interface Head<Row> {
  readonly rows: AsyncIterator<readonly Row[]>;
  group: readonly Row[];
  at: number;
}

/**
 * `streams` are ordered by age, the oldest first. `onRow` gets each row of the result with the number of its stream, and returns the row that is passed on.
 */
export async function* mergeRows<Row extends MergedRow>(
  streams: readonly AsyncIterable<readonly Row[]>[],
  onRow: (row: Row, stream: number) => Row = (row) => row,
): AsyncGenerator<readonly Row[]> {
  const heads = streams.map((stream): Head<Row> => ({ rows: stream[Symbol.asyncIterator](), group: [], at: 0 }));
  let merged: Row[] = [];
  try {
    for (const head of heads) await refill(head);
    for (;;) {
      const index = smallestIndex(heads);
      const chosen = index === Infinity ? undefined : chooseAt(heads, index);
      if (chosen === undefined) break;
      merged.push(onRow(chosen.row, chosen.stream));
      const ended = heads.filter((head) => indexOf(head) === index && isAtEnd(head));
      for (const head of ended) await refill(head);
      // Most items have a row in one stream alone, so that its rows are taken in one go.
      const { head: alone, stream } = chosen;
      const limit = smallestIndex(heads.filter((head) => head !== alone));
      let isFull = ended.length > 0;
      while (!isFull && indexOf(alone) < limit) {
        const row = alone.group[alone.at];
        if (row !== undefined) merged.push(onRow(row, stream));
        isFull = isAtEnd(alone);
        if (isFull) await refill(alone);
      }
      if (!isFull) continue;
      yield merged;
      merged = [];
    }
    if (merged.length > 0) yield merged;
  } finally {
    for (const head of heads) await head.rows.return?.();
  }
}

const indexOf = <Row extends MergedRow>({ group, at }: Head<Row>): number => group[at]?.index ?? Infinity;

const smallestIndex = <Row extends MergedRow>(heads: readonly Head<Row>[]): number =>
  heads.reduce((least, head) => Math.min(least, indexOf(head)), Infinity);

interface Chosen<Row> {
  readonly row: Row;
  readonly head: Head<Row>;
  readonly stream: number;
}

function chooseAt<Row extends MergedRow>(heads: readonly Head<Row>[], index: number): Chosen<Row> | undefined {
  let failed: Chosen<Row> | undefined;
  for (const [stream, head] of [...heads.entries()].reverse()) {
    const row = head.group[head.at];
    if (row?.index !== index) continue;
    if (row.ok) return { row, head, stream };
    failed ??= { row, head, stream };
  }
  return failed;
}

/** Steps to the next row, and tells whether the group has ended. */
function isAtEnd<Row>(head: Head<Row>): boolean {
  head.at += 1;
  return head.at >= head.group.length;
}

async function refill<Row extends MergedRow>(head: Head<Row>): Promise<void> {
  do {
    const next = await head.rows.next();
    head.group = next.done === true ? [] : next.value;
    head.at = 0;
    if (next.done === true) return;
  } while (head.group.length === 0);
}
