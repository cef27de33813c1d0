/** Draws values over two logarithmic axes in characters, the darker the larger. */

export interface HeatMap {
  readonly title: string;
  readonly xName: string;
  readonly yName: string;
  /** Both in rising order. */
  readonly xs: readonly number[];
  readonly ys: readonly number[];
  /** Returns the share, from 0 to 1, at a point of the grid. */
  readonly value: (x: number, y: number) => number;
}

/** A shade for each tenth; from a half on everything is full. */
const SHADES = [' ', '·', '░', '▒', '▓', '█'] as const;
export const SHADES_LEGEND =
  'A blank is less than 10 %, · 10 to 20, ░ 20 to 30, ▒ 30 to 40, ▓ 40 to 50, █ 50 % and more.';

const WIDTH = 56;
const HEIGHT = 14;

export function drawHeatMap(map: HeatMap): readonly string[] {
  const { title, xs, ys, xName, yName } = map;
  const labels = ys.map(String);
  const room = Math.max(...labels.map(({ length }) => length));
  const labelRows = new Map(ys.map((y, n) => [rowOf(y, ys), labels[n] ?? '']));
  const rows = Array.from({ length: HEIGHT }, (_, row) => {
    const y = placeAt(ys, 1 - row / (HEIGHT - 1));
    const cells = Array.from({ length: WIDTH }, (_cell, column) =>
      shadeOf(interpolated(map, placeAt(xs, column / (WIDTH - 1)), y)),
    );
    return `${(labelRows.get(row) ?? '').padStart(room)} │${cells.join('')}`;
  });
  return [
    `${title} (${yName} upwards, ${xName} to the right; both axes are logarithmic)`,
    ...rows,
    `${' '.repeat(room)} └${'─'.repeat(WIDTH)}`,
    `${' '.repeat(room)}  ${xLabels(xs)}`,
  ].map((line) => line.trimEnd());
}

const shadeOf = (share: number): string =>
  SHADES[Math.max(0, Math.min(SHADES.length - 1, Math.floor(share * 10)))] ?? ' ';

/** The place of a value on its axis, from 0 to 1. */
function shareOf(value: number, axis: readonly number[]): number {
  const [first = 1, last = 1] = [axis[0], axis.at(-1)];
  return first === last ? 0 : Math.log(value / first) / Math.log(last / first);
}

const rowOf = (y: number, ys: readonly number[]): number => Math.round((1 - shareOf(y, ys)) * (HEIGHT - 1));

/** Two neighbours on an axis, and how far between them a place is. */
interface Place {
  readonly before: number;
  readonly after: number;
  readonly part: number;
}

function placeAt(axis: readonly number[], share: number): Place {
  const places = axis.map((value) => shareOf(value, axis));
  const next = Math.max(
    1,
    places.findIndex((place) => place >= share - Number.EPSILON),
  );
  const [from = 0, to = 0] = [places[next - 1], places[next]];
  const before = axis[next - 1] ?? 1;
  const part = to > from ? Math.min(1, Math.max(0, (share - from) / (to - from))) : 0;
  return { before, after: axis[next] ?? before, part };
}

function interpolated({ value }: HeatMap, x: Place, y: Place): number {
  const along = (atY: number): number =>
    value(x.before, atY) * (1 - x.part) + (x.part === 0 ? 0 : value(x.after, atY) * x.part);
  return along(y.before) * (1 - y.part) + (y.part === 0 ? 0 : along(y.after) * y.part);
}

function xLabels(xs: readonly number[]): string {
  let line = '';
  for (const x of xs) {
    const label = String(x);
    const at = Math.max(0, Math.min(WIDTH - label.length, Math.round(shareOf(x, xs) * (WIDTH - 1))));
    // A label that would touch the one before it is left out.
    if (line === '' || at > line.length) line = line.padEnd(at) + label;
  }
  return line;
}
