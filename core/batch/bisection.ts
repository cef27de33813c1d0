/** Chooses the items to ask again, in groups, after a slot was lost with unanswered items. */

/** Returns how many reloads one batch may cost: enough to find two guilty items by halving, few enough that a hopeless batch ends. */
export function rebuildBudget(items: number): number {
  const leastRebuilds = 4;
  const perLevel = 3;
  return Math.max(leastRebuilds, Math.ceil(perLevel * Math.log2(Math.max(1, items))));
}

/**
 * Returns the groups to ask one after another on a fresh model. `unanswered` holds, for each slice in flight, its unanswered items in order. With one
 * slice the first unanswered item is the likeliest cause, because models mostly work in order. So it is asked alone: if it is innocent, that costs a
 * call but no reload. The others are halved. With several slices the groups first find out which slice it was. No group is larger than its slice, so
 * that the model's own limit holds.
 */
export function suspectGroups(unanswered: readonly (readonly number[])[]): readonly (readonly number[])[] {
  const [only, ...others] = unanswered;
  if (only === undefined) return [];
  if (others.length > 0) return unanswered;
  return [only.slice(0, 1), ...halves(only.slice(1))];
}

function halves(items: readonly number[]): readonly (readonly number[])[] {
  const middle = Math.ceil(items.length / 2);
  return [items.slice(0, middle), items.slice(middle)].filter((half) => half.length > 0);
}
