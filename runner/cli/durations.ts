/** Reads durations as users write them: `500ms`, `2s`, `5m`, `1h`. */
const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

export const DURATION_FORM = 'a number with ms, s, m or h, like 500ms, 2s, 5m or 1h';

/** Returns undefined when the text is not a duration. */
export function durationMs(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text.trim());
  const unitMs = UNIT_MS[match?.[2] ?? ''];
  if (match?.[1] === undefined || unitMs === undefined) return undefined;
  return Math.round(Number(match[1]) * unitMs);
}
