/** Finds the name that somebody probably meant: one that contains theirs, or is a few letters away. Upper and lower case are alike. */
export function closestName(given: string, names: readonly string[]): string | undefined {
  const wanted = given.toLowerCase();
  const near = names
    .map((name) => ({ name, away: distance(wanted, name.toLowerCase()) }))
    .filter(({ name, away }) => away <= wanted.length / 3 || name.toLowerCase().includes(wanted))
    .sort((a, b) => a.away - b.away);
  return near[0]?.name;
}

/** Levenshtein's distance: the letters to insert, delete or replace. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, n) => n);
  for (const [i, letter] of [...a].entries()) {
    const next = [i + 1];
    for (const [j, other] of [...b].entries()) {
      const replaced = (row[j] ?? 0) + (letter === other ? 0 : 1);
      next.push(Math.min(replaced, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
