import { span } from '../display/format.js';

/** Two digits that count: `12 ms`, `1.4 s`, `0.031 ms`. */
export function duration(ms: number): string {
  if (ms >= 60_000) return span(ms / 1000);
  if (ms >= 1_000) return `${(ms / 1000).toFixed(1)} s`;
  if (ms >= 10) return `${Math.round(ms)} ms`;
  // A clock's steps are coarser.
  if (ms < 0.001) return 'less than 0.001 ms';
  return `${Number(ms.toPrecision(2))} ms`;
}
