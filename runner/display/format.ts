/** Formats numbers and measures text for people. All functions are pure. */
import { printable } from '../../core/printable.js';
import { shorten } from '../../core/shorten.js';

export const count = (value: number): string => value.toLocaleString('en-US', { maximumFractionDigits: 0 });

export const plural = (value: number, one: string, many = `${one}s`): string =>
  `${count(value)} ${value === 1 ? one : many}`;

/** `8 s`, `1 m 20 s`, `2 h 05 m`. */
export function span(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} m ${String(whole % 60).padStart(2, '0')} s`;
  return `${Math.floor(whole / 3600)} h ${String(Math.floor((whole % 3600) / 60)).padStart(2, '0')} m`;
}

/** A running clock: `0:08`, `1:20:03`. */
export function stopwatch(ms: number): string {
  const whole = Math.max(0, Math.floor(ms / 1000));
  const [hours, minutes, seconds] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60), whole % 60];
  const tail = String(seconds).padStart(2, '0');
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, '0')}:${tail}` : `${minutes}:${tail}`;
}

/** Small amounts keep two significant digits, because a demo costs a hundredth of a cent. */
export function dollars(value: number): string {
  if (value === 0) return '$0';
  if (value >= 1) return `$${value.toFixed(2)}`;
  const digits = Math.min(8, Math.max(2, 2 - Math.floor(Math.log10(value)) - 1));
  return `$${value.toFixed(digits)}`;
}

export function bytes(value: number): string {
  const units = ['B', 'KB', 'MB', 'GB', 'TB'];
  const power = Math.min(units.length - 1, Math.floor(Math.log(Math.max(1, value)) / Math.log(1000)));
  const scaled = value / 1000 ** power;
  return `${power === 0 || scaled >= 100 ? Math.round(scaled) : scaled.toFixed(1)} ${units[power] ?? 'B'}`;
}

export function rate(itemsPerSecond: number): string {
  if (itemsPerSecond >= 10) return `${count(itemsPerSecond)} items/s`;
  if (itemsPerSecond >= 1 / 60) return `${itemsPerSecond.toFixed(itemsPerSecond >= 1 ? 1 : 2)} items/s`;
  return `${(itemsPerSecond * 3600).toFixed(1)} items/h`;
}

/** Whole percents, rounded down. `100 %` is shown only when everything is done. */
export function percent(done: number, total: number): string {
  if (total === 0) return '100 %';
  return `${done >= total ? 100 : Math.min(99, Math.floor((done / total) * 100))} %`;
}

/** The local time of day, such as `12:03:11`. */
export function clockTime(at: string | number): string {
  const date = new Date(at);
  return Number.isNaN(date.getTime()) ? '--:--:--' : date.toTimeString().slice(0, 8);
}

const ESCAPES = /\x1b\[[0-9;]*m/g;

/** The terminal columns that a text takes: escape sequences take none, wide characters take two. */
export function width(text: string): number {
  let columns = 0;
  for (const character of text.replaceAll(ESCAPES, '')) columns += characterWidth(character.codePointAt(0) ?? 0);
  return columns;
}

function characterWidth(point: number): number {
  if (point < 0x20 || (point >= 0x7f && point < 0xa0) || (point >= 0x300 && point <= 0x36f)) return 0;
  const wide =
    (point >= 0x1100 && point <= 0x115f) ||
    (point >= 0x2e80 && point <= 0xa4cf) ||
    (point >= 0xac00 && point <= 0xd7a3) ||
    (point >= 0xf900 && point <= 0xfaff) ||
    (point >= 0xfe30 && point <= 0xfe6f) ||
    (point >= 0xff00 && point <= 0xff60) ||
    (point >= 0x1f300 && point <= 0x1faff);
  return wide ? 2 : 1;
}

/** Cuts a text to so many columns and ends it with an ellipsis. Colours are kept and closed. */
export function fit(text: string, columns: number): string {
  if (width(text) <= columns) return text;
  let shown = '';
  let taken = 0;
  let coloured = false;

  for (const part of text.split(/(\x1b\[[0-9;]*m)/)) {
    if (part.startsWith('\x1b[')) {
      shown += part;
      coloured = true;
      continue;
    }
    for (const character of part) {
      const wide = characterWidth(character.codePointAt(0) ?? 0);
      if (taken + wide > columns - 1) return `${shown}…${coloured ? '\x1b[0m' : ''}`;
      shown += character;
      taken += wide;
    }
  }
  return shown;
}

/** Makes text that models or AWS wrote safe for one line of a terminal. */
export const oneLine = printable;

/** Replaces ISO 8601 times in a sentence by the local time of day, which all displays use. */
export const withLocalTimes = (text: string): string =>
  text.replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, (at) => clockTime(at));

/** About three lines of a terminal. `spotpool logs` shows the whole text of a failure. */
const SENTENCE_CHARACTERS = 320;

/** Turns text from a model or from AWS into one sentence of a display. */
export function sentence(text: string): string {
  const whole = asSentence(text);
  // `shorten` needs the line breaks: they show which lines are a stack trace.
  return whole.length <= SENTENCE_CHARACTERS ? whole : asSentence(shorten(text, SENTENCE_CHARACTERS));
}

const asSentence = (text: string): string => withLocalTimes(oneLine(text).replaceAll(/ {2,}/g, ' '));

/** Breaks a sentence at spaces into lines of at most so many columns. A longer word keeps its own line. */
export function wrap(text: string, columns: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && width(line) + 1 + width(word) > columns) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}

/** Pads each column to its widest cell, except the last one. Columns in `right` are aligned to the right. */
export function table(rows: readonly (readonly string[])[], right: readonly number[] = []): readonly string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => width(row[column] ?? ''))));
  return rows.map((row) =>
    row
      .map((cell, column) => {
        const padding = ' '.repeat(Math.max(0, (widths[column] ?? 0) - width(cell)));
        if (right.includes(column)) return padding + cell;
        return column === row.length - 1 ? cell : cell + padding;
      })
      .join('  ')
      .trimEnd(),
  );
}

/** Breaks a table that is wider than the terminal into several, each with the first column, so that no figure is cut off. */
export function tables(
  rows: readonly (readonly string[])[],
  right: readonly number[],
  columns: number,
): readonly string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => width(row[column] ?? ''))));
  const [first = 0] = widths;
  const groups: number[][] = [[]];
  let taken = first;
  for (let column = 1; column < widths.length; column++) {
    const more = 2 + (widths[column] ?? 0);
    if (taken + more > columns && taken > first) {
      groups.push([]);
      taken = first;
    }
    groups.at(-1)?.push(column);
    taken += more;
  }
  return groups.flatMap((group, n) => {
    const shown = [0, ...group];
    const part = rows.map((row) => shown.map((column) => row[column] ?? ''));
    const lines = table(
      part,
      shown.flatMap((column, at) => (right.includes(column) ? [at] : [])),
    );
    return n === 0 ? lines : ['', ...lines];
  });
}
