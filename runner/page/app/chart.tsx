/** One chart over time, drawn by uPlot on a canvas. Its values are read by the mouse or the arrow keys in a line below it. */
import type { VNode } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import uPlot from 'uplot';
import { span } from '../../display/format.js';
import type { Series } from '../view/series.js';
import { type TimeWindow, ticks, tickStep, tickText } from '../view/time-window.js';
import { gutterOf, RIGHT_EDGE, useThemeNumber, useWidth } from './parts.js';

export interface ChartLine {
  readonly name: string;
  /** The variable of the style sheet that has its colour. */
  readonly colour: `--${string}`;
  readonly dashed?: true;
  readonly filled?: true;
  /** The value holds until the next point. */
  readonly stepped?: true;
}

export interface ChartProps {
  readonly series: Series;
  readonly lines: readonly ChartLine[];
  readonly label: string;
  readonly window: TimeWindow;
  readonly format: (value: number) => string;
  /** Values are numbers of things, so the axis has whole numbers only. */
  readonly whole?: true;
}

const HEIGHT = 132;
const TICK_PIXELS = 84;
const FILL_OPACITY = '22';
const WHOLE_STEPS = Array.from({ length: 8 }, (_, power) => [1, 2, 5].map((step) => step * 10 ** power)).flat();
/** The highest value does not touch the upper edge. */
const ROOM_ABOVE = 1.08;
const FONT = '11px system-ui, sans-serif';

export function Chart({ series, lines, label, window, format, whole }: ChartProps): VNode {
  const element = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  const width = useWidth(element);
  const theme = useThemeNumber();
  const [at, setAt] = useState<number>();
  const data = [series.seconds, ...series.values].map((values) => [...values]) as uPlot.AlignedData;
  useLayoutEffect(() => {
    if (element.current === null || width === 0) return undefined;
    const options = optionsOf({ width, lines, window, whole, style: getComputedStyle(element.current), point: setAt });
    plot.current = new uPlot(options, data, element.current);
    return () => plot.current?.destroy();
  }, [width, theme, window.fromMs, window.toMs]);
  useLayoutEffect(() => plot.current?.setData(data), [series]);
  const moveTo = (index: number): void => {
    const shown = Math.min(series.seconds.length - 1, Math.max(0, index));
    const { current } = plot;
    current?.setCursor({ left: current.valToPos(series.seconds[shown] ?? 0, 'x'), top: 0 });
  };
  const byKey = (event: KeyboardEvent): void => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    moveTo((at ?? (step > 0 ? -1 : series.seconds.length)) + step);
  };
  return (
    <figure>
      <figcaption>
        <div class="readout" role="status">
          {captionOf({ series, lines, at, format })}
        </div>
      </figcaption>
      <div class="plot chart" ref={element} role="img" aria-label={label} tabIndex={0} onKeyDown={byKey} />
    </figure>
  );
}

function captionOf({
  series,
  lines,
  at,
  format,
}: Pick<ChartProps, 'series' | 'lines' | 'format'> & { readonly at: number | undefined }): VNode {
  return (
    <>
      {lines.map(({ name, colour, dashed }, line) => {
        const values = series.values[line] ?? [];
        const most = values.reduce((highest, value) => Math.max(highest, value), 0);
        return (
          <span key={name} class="line">
            <i class={`swatch${dashed === true ? ' dashed' : ''} ${colour.slice(2)}`} aria-hidden="true" />
            {name}: {at === undefined ? `at most ${format(most)}` : format(values[at] ?? 0)}
          </span>
        );
      })}
      {at === undefined ? null : <span>{span(series.seconds[at] ?? 0)} in</span>}
    </>
  );
}

interface Drawing {
  readonly width: number;
  readonly lines: readonly ChartLine[];
  readonly window: TimeWindow;
  readonly whole: true | undefined;
  readonly style: CSSStyleDeclaration;
  readonly point: (index: number | undefined) => void;
}

function optionsOf({ width, lines, window, whole, style, point }: Drawing): uPlot.Options {
  const colourOf = (name: string): string => style.getPropertyValue(name).trim();
  const gutter = gutterOf(width);
  const seconds = (window.toMs - window.fromMs) / 1000;
  const most = Math.floor((width - gutter - RIGHT_EDGE) / TICK_PIXELS);
  const step = tickStep(seconds, most);
  const axis = {
    stroke: colourOf('--soft'),
    grid: { stroke: colourOf('--line'), width: 1 },
    ticks: { show: false },
    font: FONT,
  };
  return {
    width,
    height: HEIGHT,
    padding: [8, RIGHT_EDGE, 0, 0],
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false }, points: { size: 6 } },
    scales: {
      x: { time: false, range: () => [0, seconds] },
      y: { range: (_, _least, highest) => [0, highest > 0 ? highest * ROOM_ABOVE : 1] },
    },
    axes: [
      {
        ...axis,
        size: 24,
        gap: 4,
        splits: () => [...ticks(window, most)],
        values: (_, splits) => splits.map((tick) => tickText(tick, step)),
      },
      {
        ...axis,
        size: gutter,
        gap: 6,
        space: 36,
        ...(whole === undefined ? {} : { incrs: WHOLE_STEPS }),
        values: (_, splits) => splits.map((value) => axisNumber(value)),
      },
    ],
    series: [
      {},
      ...lines.map(({ colour, dashed, filled, stepped }): uPlot.Series => {
        const stroke = colourOf(colour);
        const paths = stepped === true ? uPlot.paths.stepped?.({ align: 1 }) : undefined;
        return {
          stroke,
          width: 1.5,
          points: { show: false },
          ...(dashed === true ? { dash: [4, 3] } : {}),
          ...(filled === true ? { fill: `${stroke}${FILL_OPACITY}` } : {}),
          ...(paths === undefined ? {} : { paths }),
        };
      }),
    ],
    hooks: { setCursor: [({ cursor }) => point(cursor.idx ?? undefined)] },
  };
}

/** `12k` in place of `12,000`, because the axis is narrow. */
const axisNumber = (value: number): string =>
  new Intl.NumberFormat('en-US', { notation: 'compact', maximumFractionDigits: 1 }).format(value);
