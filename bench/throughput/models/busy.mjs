// Computes for as long as an item says (`{ms}`), by the clock: a share of the processor that somebody else took does not make it longer.
// Its output says from when to when, and in which process.
const now = () => performance.timeOrigin + performance.now();

export function predict(items) {
  return items.map(({ ms }) => {
    const startMs = now();
    while (now() < startMs + ms);
    return { startMs, endMs: now(), pid: process.pid };
  });
}
