"""Shows the progress of a job: as a bar in a notebook, as a line in a terminal, or not at all.

Only IPython's own display is used, which every notebook has. So there is nothing to install, and no widget that a front end may lack.
"""

from __future__ import annotations

import importlib
import sys
import time
from typing import Any, Dict, List, Optional, Union

from ._card import progress_card
from ._errors import BadInput
from ._process import Event

#: More updates would only make a notebook slow.
_SHOW_EVERY_SECONDS = 0.2

#: Earlier ones are in the job's log.
_SHOWN_WARNINGS = 3

Wish = Union[bool, str]


class Progress:
    """Keeps what is known of a job's progress. This one shows nothing."""

    def __init__(self) -> None:
        self.known: Dict[str, Any] = {}
        self._shown_at: Optional[float] = None

    def update(self, event: Event) -> None:
        """Takes an event of ``spotpool watch --json``."""
        self.known.pop("says", None)
        self.known.update({name: event[name] for name in _KEPT if name in event})
        if event.get("event") == "waiting-for-zero":
            self.known["ending"] = event.get("instances")
        elif event.get("event") == "summary":
            self.known.pop("ending", None)
        if event.get("event") == "happened" and event.get("level") == "warning":
            self.warn(str(event.get("message", "")))
        now = time.monotonic()
        if self._shown_at is None or now - self._shown_at >= _SHOW_EVERY_SECONDS:
            self._shown_at = now
            self.show()

    def warn(self, message: str) -> None:
        self.known["warnings"] = [*self.known.get("warnings", []), message][-_SHOWN_WARNINGS:]

    def say(self, text: str) -> None:
        """Shows a sentence in place of the numbers."""
        self.known["says"] = text
        self.show()

    def show(self) -> None:
        pass

    def close(self) -> None:
        """Shows the last state, which stays."""
        self.show()


_KEPT = ("job", "state", "items", "fleet", "itemsPerSecond", "etaSeconds", "reason", "seconds")


class _Notebook(Progress):
    def __init__(self) -> None:
        super().__init__()
        self._handle: Any = None

    def show(self) -> None:
        display = importlib.import_module("IPython.display").display
        # A front end that shows no HTML gets the text.
        content = {"text/html": progress_card(self.known), "text/plain": line_of(self.known)}
        if self._handle is None:
            self._handle = display(content, raw=True, display_id=True)
        else:
            self._handle.update(content, raw=True)


class _Terminal(Progress):
    def __init__(self) -> None:
        super().__init__()
        self._columns = 0

    def show(self) -> None:
        line = line_of(self.known)
        sys.stderr.write(f"\r{line.ljust(self._columns)}")
        sys.stderr.flush()
        self._columns = len(line)

    def warn(self, message: str) -> None:
        sys.stderr.write(f"\r{message.ljust(self._columns)}\n")
        self._columns = 0

    def close(self) -> None:
        super().close()
        sys.stderr.write("\n")
        sys.stderr.flush()


def progress_for(wish: Wish) -> Progress:
    if wish not in (True, False, "auto"):
        raise BadInput(f"progress={wish!r}: it must be True, False or 'auto'.")
    if wish is False:
        return Progress()
    if _is_notebook():
        return _Notebook()
    return _Terminal() if wish is True or sys.stderr.isatty() else Progress()


def _is_notebook() -> bool:
    """A shell with a kernel is a notebook, and one without is a terminal's."""
    ipython = sys.modules.get("IPython")
    shell = None if ipython is None else ipython.get_ipython()
    return hasattr(shell, "kernel")


def line_of(known: Dict[str, Any]) -> str:
    """Says the progress in a line."""
    if "says" in known:
        return str(known["says"])
    items = known.get("items")
    words = [f"job {known.get('job', '')} {known.get('state', '')}".strip()]
    if isinstance(items, dict):
        done = items.get("ok", 0) + items.get("failed", 0)
        words.append(f"{done:,} of {items.get('total', 0):,} items")
        if items.get("failed"):
            words.append(f"{items['failed']:,} failed")
    return ", ".join([*words, *details_of(known)])


def details_of(known: Dict[str, Any]) -> List[str]:
    words = []
    is_over = known.get("state") in ENDED
    fleet = known.get("fleet")
    if isinstance(fleet, dict) and not is_over:
        count = sum(fleet.get(kind, 0) for kind in ("running", "noticed", "draining"))
        words.append(_instances(count))
    if known.get("itemsPerSecond") and not is_over:
        words.append(f"{known['itemsPerSecond']:,.3g} items/s")
    if known.get("etaSeconds", 0) >= 1 and not is_over:
        words.append(f"about {span_of(known['etaSeconds'])} left")
    if known.get("seconds") is not None and is_over:
        words.append(span_of(known["seconds"]))
    if known.get("ending"):
        words.append(f"waiting for the end of {_instances(known['ending'])}")
    return words


def _instances(count: int) -> str:
    return f"{count} instance{'' if count == 1 else 's'}"


ENDED = frozenset({"complete", "cancelled", "failed"})


def span_of(seconds: float) -> str:
    whole = int(round(seconds))
    if whole < 120:
        return f"{whole} s"
    return f"{whole // 60} min" if whole < 7_200 else f"{whole / 3_600:.1f} h"
