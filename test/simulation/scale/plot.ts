/** Draws lines over time as an SVG file. It has a white ground, so that it can be read in a dark page, too. */

export interface Line {
  readonly name: string;
  /** A value for each step of the time. */
  readonly values: readonly number[];
}

export interface Plot {
  readonly title: string;
  readonly unit: string;
  readonly stepSeconds: number;
  readonly lines: readonly Line[];
  /** Moments that are marked, in seconds. */
  readonly marks: readonly { readonly atSeconds: number; readonly name: string }[];
}

const WIDTH = 820;
const HEIGHT = 360;
const LEFT = 70;
const RIGHT = 20;
const TOP = 70;
const BOTTOM = 45;
const COLOURS = ['#0b6bcb', '#c7432b', '#2e7d32', '#7b3fa0', '#a06a00'];
const TICKS = 5;

export function drawPlot({ title, unit, stepSeconds, lines, marks }: Plot): string {
  const steps = Math.max(2, ...lines.map(({ values }) => values.length));
  const seconds = (steps - 1) * stepSeconds;
  const top = niceTop(Math.max(1, ...lines.flatMap(({ values }) => values)));
  const x = (atSeconds: number): number => LEFT + ((WIDTH - LEFT - RIGHT) * atSeconds) / seconds;
  const y = (value: number): number => HEIGHT - BOTTOM - ((HEIGHT - TOP - BOTTOM) * value) / top;
  const text = (atX: number, atY: number, content: string, more = ''): string =>
    `<text x="${atX.toFixed(1)}" y="${atY.toFixed(1)}" ${more}>${content}</text>`;
  const rule = (from: readonly [number, number], to: readonly [number, number], stroke: string): string =>
    `<line x1="${from[0].toFixed(1)}" y1="${from[1].toFixed(1)}" x2="${to[0].toFixed(1)}" y2="${to[1].toFixed(1)}" ${stroke}/>`;
  const shares = Array.from({ length: TICKS + 1 }, (_, tick) => tick / TICKS);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12" role="img" aria-label="${title}">`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>`,
    text(LEFT, 22, title, 'font-size="15" font-weight="bold"'),
    ...shares.flatMap((share) => [
      rule([LEFT, y(top * share)], [WIDTH - RIGHT, y(top * share)], 'stroke="#ddd"'),
      text(LEFT - 8, y(top * share) + 4, numberText(top * share), 'text-anchor="end"'),
      text(x(seconds * share), HEIGHT - BOTTOM + 18, numberText(Math.round(seconds * share)), 'text-anchor="middle"'),
    ]),
    text(WIDTH - RIGHT, HEIGHT - 8, `seconds of virtual time; ${unit}`, 'text-anchor="end"'),
    ...marks.flatMap(({ atSeconds, name }) => [
      rule([x(atSeconds), TOP], [x(atSeconds), HEIGHT - BOTTOM], 'stroke="#888" stroke-dasharray="4 3"'),
      text(x(atSeconds) + 4, TOP + 10, name, 'fill="#555"'),
    ]),
    ...lines.flatMap(({ name, values }, number) => {
      const colour = COLOURS[number % COLOURS.length] ?? '#000';
      const points = values
        .map((value, step) => `${x(step * stepSeconds).toFixed(1)},${y(value).toFixed(1)}`)
        .join(' ');
      const legendX = LEFT + number * ((WIDTH - LEFT - RIGHT) / lines.length);
      return [
        `<polyline fill="none" stroke="${colour}" stroke-width="1.5" points="${points}"/>`,
        rule([legendX, 44], [legendX + 18, 44], `stroke="${colour}" stroke-width="3"`),
        text(legendX + 24, 48, name),
      ];
    }),
    '</svg>',
    '',
  ].join('\n');
}

export const numberText = (value: number): string =>
  value.toLocaleString('en-US', { maximumFractionDigits: value < 10 ? 1 : 0 });

/** The lowest of 1, 2 and 5 times a power of ten that is not below the value. */
function niceTop(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((factor) => factor * power).find((top) => top >= value) ?? value;
}
