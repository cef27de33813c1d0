/** The live display of a terminal: one frame, redrawn in place when an event arrives and at each tick. */
import type { Display, RunEvent } from './events.js';
import { emptyView, frame, withEvent } from './frame.js';
import { Screen } from './screen.js';
import { summaryLines } from './summary.js';
import type { Terminal } from './terminal.js';

/** The clock shows seconds. Four redraws a second keep it even. */
const TICK_MS = 250;

export function liveDisplay(terminal: Terminal, now: () => number): Display {
  const screen = new Screen(terminal);
  let view = emptyView(now());
  let open = true;
  const draw = (): void => {
    screen.draw(frame(view, { ...terminal.size(), nowMs: now(), colors: terminal.colors }));
  };
  const timer = setInterval(draw, TICK_MS);
  timer.unref();
  const stopResize = terminal.onResize(draw);
  const close = (): void => {
    if (!open) return;
    open = false;
    clearInterval(timer);
    stopResize();
    screen.release();
  };
  draw();
  return {
    show: (event: RunEvent) => {
      if (event.event === 'summary') {
        close();
        for (const text of summaryLines(event, terminal)) terminal.out(`${text}\n`);
        return;
      }
      view = withEvent(view, event);
      if (open) draw();
    },
    close,
  };
}
