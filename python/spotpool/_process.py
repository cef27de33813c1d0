"""Runs one command of the command line, and reads the JSON that it prints.

Invariants:

- A command runs in a session of its own. So Ctrl-C reaches it only through ``stop``, and never half of what it started.
- No command outlives its call: whatever ends the call early stops the command and waits for it.
- Standard input is closed only after everything was written. A dataset that breaks off is never taken for a whole one.
"""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import threading
import time
from typing import IO, Any, Callable, Dict, Iterable, Iterator, List, NamedTuple, Optional, Sequence

from . import _program
from ._errors import SpotpoolError, error_from

#: A command stops in a moment. One that uploads a large file ends its requests first.
_STOP_WITHIN_SECONDS = 20.0
#: The end of standard error is kept, where a failure is explained.
_KEPT_ERROR_CHARACTERS = 64 * 1024

Event = Dict[str, Any]


class Outcome(NamedTuple):
    """How a command ended."""

    exit_code: int
    #: The last object that it printed.
    last: Optional[Event]
    #: The text on its standard error.
    said: str

    def answer(self) -> Event:
        """Returns the last object of a command that succeeded."""
        if self.exit_code != 0 or self.last is None:
            raise self.error()
        return self.last

    def error(self) -> SpotpoolError:
        described = (self.last or {}).get("error")
        if isinstance(described, dict) and "message" in described:
            return error_from(described, self.exit_code)
        # A command that was killed has printed no object.
        said = self.said.strip()
        text = said[len("error: ") :] if said.startswith("error: ") else said
        return error_from({"message": text or f"The command ended with the code {self.exit_code} and said nothing."}, self.exit_code)


def run_command(
    arguments: Sequence[str],
    *,
    feed: Optional[Iterable[bytes]] = None,
    on_event: Optional[Callable[[Event], None]] = None,
    timeout: Optional[float] = None,
    is_document: bool = False,
) -> Outcome:
    """Runs a command to its end.

    ``timeout`` is in seconds, and raises TimeoutError after them. ``is_document`` tells that the command prints one object on many lines.
    """
    deadline = None if timeout is None else time.monotonic() + timeout
    process = subprocess.Popen(
        [*_program.command(), *arguments, "--json"],
        stdin=subprocess.DEVNULL if feed is None else subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=_program.environment(),
        start_new_session=True,
    )
    reader = Reader(process)
    last: Optional[Event] = None
    try:
        if feed is not None:
            _write(process, feed)
        for event in [reader.document(deadline)] if is_document else reader.events(deadline):
            last = event
            if on_event is not None and event is not None:
                on_event(event)
        return outcome_of(process, reader, last)
    except BaseException:
        stop(process)
        raise
    finally:
        reader.close()


def outcome_of(process: subprocess.Popen[bytes], reader: Reader, last: Optional[Event]) -> Outcome:
    """Waits for the end of a process whose output has ended."""
    return Outcome(process.wait(), last, reader.said())


def _write(process: subprocess.Popen[bytes], feed: Iterable[bytes]) -> None:
    assert process.stdin is not None
    for chunk in feed:
        try:
            process.stdin.write(chunk)
        except BrokenPipeError:
            return  # The command has read all that it wants (limit), or it has failed and says why.
    try:
        process.stdin.close()
    except BrokenPipeError:
        pass


class Reader:
    """Reads both outputs of a process, each in a thread, so that neither fills its pipe."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        self._lines: queue.Queue[Optional[bytes]] = queue.Queue()
        self._said: List[str] = []
        assert process.stdout is not None and process.stderr is not None
        self._threads = [
            threading.Thread(target=self._read_lines, args=(process.stdout,), daemon=True),
            threading.Thread(target=self._read_text, args=(process.stderr,), daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    def _read_lines(self, stream: IO[bytes]) -> None:
        for line in stream:
            self._lines.put(line)
        self._lines.put(None)

    def _read_text(self, stream: IO[bytes]) -> None:
        kept = 0
        for line in stream:
            text = line.decode("utf-8", "replace")
            self._said.append(text)
            kept += len(text)
            while kept > _KEPT_ERROR_CHARACTERS and len(self._said) > 1:
                kept -= len(self._said.pop(0))

    def events(self, deadline: Optional[float]) -> Iterator[Event]:
        """Yields the objects on standard output up to its end, one a line. The deadline is a time of ``time.monotonic``."""
        return (event for event in map(_object, self._until(deadline)) if event is not None)

    def document(self, deadline: Optional[float]) -> Optional[Event]:
        """Returns the object that all of standard output is."""
        return _object(b"".join(self._until(deadline)))

    def _until(self, deadline: Optional[float]) -> Iterator[bytes]:
        while True:
            left = None if deadline is None else deadline - time.monotonic()
            if left is not None and left <= 0:
                raise TimeoutError("The time that was given is over.")
            try:
                line = self._lines.get(timeout=left)
            except queue.Empty:
                continue
            if line is None:
                return
            yield line

    def first(self, timeout: float) -> Optional[Event]:
        return next(self.events(time.monotonic() + timeout), None)

    def said(self) -> str:
        self._threads[1].join()
        return "".join(self._said)

    def close(self) -> None:
        """Closes the pipes of a process that has ended."""
        for thread in self._threads:
            thread.join()
        for stream in (self._process.stdin, self._process.stdout, self._process.stderr):
            try:
                if stream is not None:
                    stream.close()
            except OSError:
                pass  # What was not written has no reader any more.


def _object(text: bytes) -> Optional[Event]:
    try:
        value = json.loads(text)
    except ValueError:
        return None  # The command was killed while it wrote.
    return value if isinstance(value, dict) else None


def stop(process: subprocess.Popen[bytes]) -> None:
    """Interrupts the process as Ctrl-C does, and waits for it. A second Ctrl-C kills it."""
    try:
        _signal(process, signal.SIGINT)
        process.wait(_STOP_WITHIN_SECONDS)
    except subprocess.TimeoutExpired:
        _kill(process)
    except KeyboardInterrupt:
        _kill(process)
        raise


def _kill(process: subprocess.Popen[bytes]) -> None:
    _signal(process, signal.SIGKILL)
    process.wait()


def _signal(process: subprocess.Popen[bytes], number: int) -> None:
    if process.poll() is None:
        try:
            os.killpg(process.pid, number)
        except ProcessLookupError:
            pass  # It has ended meanwhile.
