"""The local cloud of this program.

Invariants:

- A program has at most one, which starts with its first local job and ends with the program, however that ends: the cloud ends when the pipe
  to it closes.
- A local cloud that is up already (``spotpool local up``, or another notebook's) is used and left alone.
- The buckets are kept in the user's state directory. So the next program sees the jobs of this one, and unfinished jobs go on.
"""

from __future__ import annotations

import atexit
import os
import subprocess
import threading
from types import TracebackType
from typing import Any, List, NamedTuple, Optional, Type

from . import _program
from ._arguments import arguments
from ._errors import BadInput, SpotpoolError
from ._options import LOCAL_OPTIONS
from ._process import Event, Reader, outcome_of, stop

#: A start takes a second, and many of them on a busy machine.
_UP_WITHIN_SECONDS = 90.0
#: The cloud ends its instances first.
_DOWN_WITHIN_SECONDS = 30.0
#: Two programs may start one at the same moment. One of them wins, and the other uses its cloud.
_TRIES = 3

_lock = threading.RLock()
_own: Optional[LocalCloud] = None


class Stack(NamedTuple):
    """The place where a job runs. Without a file and not local, it is the stack that ``cdk-outputs.json`` of the working directory names."""

    local: bool
    file: Optional[str]

    def arguments(self) -> List[str]:
        if self.local:
            ensure()
            return ["--local"]
        return [] if self.file is None else [f"--stack={self.file}"]


def stack_of(local: bool, stack: Any) -> Stack:
    if local and stack is not None:
        raise BadInput("local=True and stack= exclude each other. Name one of them.")
    return Stack(bool(local), None if stack is None else os.path.abspath(os.fspath(stack)))


class LocalCloud:
    """A local cloud that this program has started. It ends with the program, or with ``stop()``."""

    def __init__(self, process: subprocess.Popen[bytes], reader: Reader, state: Event) -> None:
        self._process = process
        self._reader = reader
        #: The address of its services, for boto3 and others.
        self.endpoint = str(state.get("endpoint"))

    @property
    def is_up(self) -> bool:
        return self._process.poll() is None

    def stop(self) -> None:
        """Ends the cloud and its instances. Its buckets are kept."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            self._process.wait(_DOWN_WITHIN_SECONDS)
        except subprocess.TimeoutExpired:
            stop(self._process)
        self._reader.close()

    def forget(self) -> None:
        """Closes the pipe of a forked process, which would else keep the cloud up."""
        if self._process.stdin is not None:
            self._process.stdin.close()

    def __enter__(self) -> LocalCloud:
        return self

    def __exit__(
        self, kind: Optional[Type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        self.stop()

    def __repr__(self) -> str:
        return f"<LocalCloud at {self.endpoint}, {'up' if self.is_up else 'ended'}>"


def local_cloud(**options: Any) -> LocalCloud:
    """Starts the local cloud of this program with options, such as ``max_workers=2`` or ``reclaim="8s"``.

    Without this call the first local job starts one with the default options.
    """
    global _own
    words = arguments(options, LOCAL_OPTIONS, "local_cloud()")
    with _lock:
        started = None if _own is not None and _own.is_up else _start(words)
        if started is None:
            raise BadInput("A local cloud is up already, so the options would not apply. End it first: stop(), or spotpool local down")
        _own = started
        return started


def ensure() -> None:
    """Starts a local cloud if none is up."""
    global _own
    with _lock:
        if _own is None or not _own.is_up:
            _own = _start([])


def _start(words: List[str]) -> Optional[LocalCloud]:
    """Returns ``None`` when another program's cloud is up."""
    for tried in range(_TRIES):
        try:
            return _start_once(words)
        except SpotpoolError as error:
            if "at the same time" not in str(error) or tried == _TRIES - 1:
                raise
    raise AssertionError("The loop returns or raises.")


def _start_once(words: List[str]) -> Optional[LocalCloud]:
    process = subprocess.Popen(
        [*_program.command(), "local", "up", "--while-stdin", "--json", *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=_program.environment(),
        start_new_session=True,
    )
    reader = Reader(process)
    try:
        state = reader.first(_UP_WITHIN_SECONDS)
    except BaseException:
        stop(process)
        reader.close()
        raise
    if state is None or "error" in state:
        outcome = outcome_of(process, reader, state)
        reader.close()
        raise outcome.error()
    if state.get("wasUp") is True:
        process.wait()
        reader.close()
        return None
    return LocalCloud(process, reader, state)


def _end() -> None:
    if _own is not None and _own.is_up:
        _own.stop()


def _forget() -> None:
    global _own
    if _own is not None:
        _own.forget()
        _own = None


atexit.register(_end)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
