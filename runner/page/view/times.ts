/** Formats measured times, which reach from microseconds to hours. Pure. */
import { span } from '../../display/format.js';

export function milliseconds(ms: number): string {
  if (ms >= 60_000) return span(ms / 1000);
  if (ms >= 1_000) return `${(ms / 1000).toFixed(ms >= 10_000 ? 0 : 1)} s`;
  if (ms >= 10) return `${Math.round(ms)} ms`;
  if (ms >= 0.1) return `${ms.toFixed(ms >= 1 ? 1 : 2)} ms`;
  return `${Math.round(ms * 1000)} µs`;
}
