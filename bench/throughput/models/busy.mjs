// Computes for as long as an item says (`{ms}`), by the clock, so that other programs on the processor do not make
// it longer. Its output gives the start, the end and the process.
const now = () => performance.timeOrigin + performance.now();

export function predict(items) {
  return items.map(({ ms }) => {
    const startMs = now();
    while (now() < startMs + ms);
    return { startMs, endMs: now(), pid: process.pid };
  });
}
