/** Draws shares over a logarithmic axis as an SVG file. It has a white ground, so that it can be read in a dark page, too. */

export interface Curve {
  readonly name: string;
  readonly points: readonly { readonly x: number; readonly share: number }[];
}

export interface Curves {
  readonly title: string;
  readonly xName: string;
  readonly curves: readonly Curve[];
}

const WIDTH = 820;
const HEIGHT = 380;
const LEFT = 60;
const RIGHT = 20;
const TOP = 70;
const BOTTOM = 50;
const COLOURS = ['#0b6bcb', '#c7432b', '#2e7d32', '#7b3fa0', '#a06a00'];
const DASHES = ['none', '8 3', '3 3', '10 3 2 3', '1 3'];
const TENTH = 0.1;

export function drawCurves({ title, xName, curves }: Curves): string {
  const xs = curves.flatMap(({ points }) => points.map(({ x }) => x));
  const [least, most] = [Math.min(...xs), Math.max(...xs)];
  const tenths = Math.max(
    1,
    Math.ceil(Math.max(...curves.flatMap(({ points }) => points.map(({ share }) => share))) / TENTH),
  );
  const xAt = (x: number): number => LEFT + ((WIDTH - LEFT - RIGHT) * Math.log(x / least)) / Math.log(most / least);
  const yAt = (share: number): number => HEIGHT - BOTTOM - ((HEIGHT - TOP - BOTTOM) * share) / (tenths * TENTH);
  const text = (x: number, y: number, content: string, more = ''): string =>
    `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" ${more}>${content}</text>`;
  const rule = (from: readonly [number, number], to: readonly [number, number], stroke: string): string =>
    `<line x1="${from[0].toFixed(1)}" y1="${from[1].toFixed(1)}" x2="${to[0].toFixed(1)}" y2="${to[1].toFixed(1)}" ${stroke}/>`;
  const powers = Array.from(
    { length: Math.floor(Math.log10(most) + 1e-9) - Math.ceil(Math.log10(least)) + 1 },
    (_, n) => Number((10 ** (Math.ceil(Math.log10(least)) + n)).toPrecision(6)),
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12" role="img" aria-label="${title}">`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>`,
    text(LEFT, 22, title, 'font-size="15" font-weight="bold"'),
    ...Array.from({ length: tenths + 1 }, (_, tenth) => yAt(tenth * TENTH)).flatMap((y, tenth) => [
      rule([LEFT, y], [WIDTH - RIGHT, y], 'stroke="#ddd"'),
      text(LEFT - 8, y + 4, `${tenth * 10} %`, 'text-anchor="end"'),
    ]),
    ...powers.flatMap((power) => [
      rule([xAt(power), TOP], [xAt(power), HEIGHT - BOTTOM], 'stroke="#eee"'),
      text(xAt(power), HEIGHT - BOTTOM + 18, power.toLocaleString('en-US'), 'text-anchor="middle"'),
    ]),
    text(WIDTH - RIGHT, HEIGHT - 10, `${xName} (logarithmic)`, 'text-anchor="end"'),
    ...curves.flatMap(({ name, points }, n) => {
      const stroke = `stroke="${COLOURS[n % COLOURS.length] ?? '#000'}" stroke-dasharray="${DASHES[n % DASHES.length] ?? 'none'}"`;
      const legendX = LEFT + n * ((WIDTH - LEFT - RIGHT) / curves.length);
      const line = points.map(({ x, share }) => `${xAt(x).toFixed(1)},${yAt(share).toFixed(1)}`).join(' ');
      return [
        `<polyline fill="none" stroke-width="2" ${stroke} points="${line}"/>`,
        rule([legendX, 46], [legendX + 26, 46], `stroke-width="2" ${stroke}`),
        text(legendX + 32, 50, name),
      ];
    }),
    '</svg>',
    '',
  ].join('\n');
}
