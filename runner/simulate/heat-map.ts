/** Draws values over two logarithmic axes in characters, the darker the larger. */

export interface HeatMap {
  readonly title: string;
  readonly xName: string;
  readonly yName: string;
  /** The values of both axes are in rising order. */
  readonly xs: readonly number[];
  readonly ys: readonly number[];
  /** Returns the share, from 0 to 1, at a point of the grid. */
  readonly value: (x: number, y: number) => number;
}

const SHADES = [' ', '·', '░', '▒', '▓', '█'] as const;
/** The step from one shade to the next is the smallest of these with which the largest value still has a shade of its own. */
const STEPS = [0.01, 0.02, 0.05, 0.1, 0.2] as const;

const WIDTH = 56;
const HEIGHT = 14;

export function drawHeatMap(map: HeatMap): readonly string[] {
  const { title, xs, ys, xName, yName } = map;
  const labels = ys.map(String);
  const room = Math.max(...labels.map(({ length }) => length));
  const labelRows = new Map(ys.map((y, n) => [rowOf(y, ys), labels[n] ?? '']));
  const largest = Math.max(...xs.flatMap((x) => ys.map((y) => map.value(x, y))));
  const step = STEPS.find((size) => largest < size * SHADES.length) ?? 0.2;
  const rows = Array.from({ length: HEIGHT }, (_, row) => {
    const y = placeAt(ys, 1 - row / (HEIGHT - 1));
    const cells = Array.from({ length: WIDTH }, (_cell, column) =>
      shadeOf(interpolated(map, placeAt(xs, column / (WIDTH - 1)), y) / step),
    );
    return `${(labelRows.get(row) ?? '').padStart(room)} │${cells.join('')}`;
  });
  return [
    `${title}: ${yName} upwards, ${xName} to the right, both logarithmic`,
    ...rows,
    `${' '.repeat(room)} └${'─'.repeat(WIDTH)}`,
    `${' '.repeat(room)}  ${xLabels(xs)}`,
    `${' '.repeat(room)}  ${SHADES.map((shade, n) => `${shade === ' ' ? 'blank from' : shade} ${Math.round(n * step * 100)} %`).join(', ')}`,
  ].map((line) => line.trimEnd());
}

const shadeOf = (steps: number): string => SHADES[Math.max(0, Math.min(SHADES.length - 1, Math.floor(steps)))] ?? ' ';

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
