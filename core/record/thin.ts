/** Returns at most `most` of the points: every second one as often as needed, the first and the last included. */
export function thin<Point>(points: readonly Point[], most: number): readonly Point[] {
  let kept = points;
  while (kept.length > most) kept = kept.filter((_, at) => at % 2 === 0 || at === kept.length - 1);
  return kept;
}
