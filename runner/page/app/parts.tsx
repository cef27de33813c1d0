/** Parts that several sections use: tables, a table behind a chart, and the size of an element. */
import type { ComponentChildren, RefObject, VNode } from 'preact';
import { useLayoutEffect, useState } from 'preact/hooks';

export interface TableProps {
  readonly label: string;
  readonly head: readonly string[];
  /** Columns of numbers, which are aligned to the right. */
  readonly numbers?: readonly number[];
  readonly rows: readonly (readonly ComponentChildren[])[];
}

/** A wide table scrolls by itself, also by the keyboard, and never makes the page scroll sideways. */
export function ScrollTable({ label, head, numbers = [], rows }: TableProps): VNode {
  const classOf = (column: number): string | undefined => (numbers.includes(column) ? 'number' : undefined);
  return (
    <div class="scroll" role="region" aria-label={label} tabIndex={0}>
      <table>
        <thead>
          <tr>
            {head.map((text, column) => (
              <th scope="col" class={classOf(column)}>
                {text}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((cells) => (
            <tr>
              {cells.map((cell, column) => (
                <td class={classOf(column)}>
                  <bdi>{cell}</bdi>
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** A browser draws so many rows at once; `spotpool show --json` has the rest. */
const MOST_TABLE_ROWS = 1_000;

/** The table behind a chart. Its rows are made when it is opened. */
export function TableBehind({
  summary,
  rowsOf,
  ...table
}: Omit<TableProps, 'rows'> & {
  readonly summary: string;
  readonly rowsOf: () => TableProps['rows'];
}): VNode {
  const [open, setOpen] = useState(false);
  const rows = open ? rowsOf() : [];
  return (
    <details class="behind" onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary>{summary}</summary>
      {open ? <ScrollTable {...table} rows={rows.slice(0, MOST_TABLE_ROWS)} /> : null}
      {rows.length > MOST_TABLE_ROWS ? (
        <p class="note">
          The table has the first {MOST_TABLE_ROWS} of {rows.length} rows. The command “spotpool show --json” prints all
          of them.
        </p>
      ) : null}
    </details>
  );
}

/** The width of an element in whole pixels. It is measured before the first paint, so that nothing moves. */
export function useWidth(element: RefObject<HTMLElement | null>): number {
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    const { current } = element;
    if (current === null) return undefined;
    const measure = (): void => setWidth(Math.floor(current.clientWidth));
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(current);
    return () => observer.disconnect();
  }, []);
  return width;
}

/** The charts on a canvas are drawn again when this number changes: the colours have changed, also for paper. */
export function useThemeNumber(): number {
  const [number, setNumber] = useState(0);
  useLayoutEffect(() => {
    const dark = matchMedia('(prefers-color-scheme: dark)');
    const changed = (): void => setNumber((before) => before + 1);
    const printing = (on: boolean) => (): void => {
      document.documentElement.classList.toggle('printing', on);
      changed();
    };
    const [begin, end] = [printing(true), printing(false)];
    dark.addEventListener('change', changed);
    window.addEventListener('beforeprint', begin);
    window.addEventListener('afterprint', end);
    return () => {
      dark.removeEventListener('change', changed);
      window.removeEventListener('beforeprint', begin);
      window.removeEventListener('afterprint', end);
    };
  }, []);
  return number;
}

/** The labels of the vertical axes take this width in all charts, so that their time axes lie below each other. */
export const gutterOf = (width: number): number => (width < 560 ? 44 : 92);
export const RIGHT_EDGE = 12;
