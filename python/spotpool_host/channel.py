"""The two ends of the protocol: slices of items that come in, and lines that go out."""
import functools
import json
import os
import re
import sys
import threading

# The same numbers are in worker/process/host-channel.ts.
ITEMS_FD = 3
ANSWERS_FD = 4
_READ_BYTES = 256 * 1024
_ITEM_START = b'{"index":'
_ITEM = re.compile(rb'\{"index":(\d+),"item":')
_AFTER = re.compile(rb',"after":true\}\s*$')


class Unreadable:
    """Stands for an item that Python cannot read. It fails that item, not the model."""

    def __init__(self, reason):
        self.message = f"Python cannot read the item: {reason}."


class Slice:
    """Consecutive items of the dataset. `after` says that all earlier slices must be answered before this one begins."""

    __slots__ = ("indexes", "items", "after")

    def __init__(self, indexes, items, after):
        self.indexes = indexes
        self.items = items
        self.after = after


class Channel:
    """Both descriptors are private: child processes do not inherit them, and a fork loses them."""

    def __init__(self, items_fd, answers_fd):
        for fd in (items_fd, answers_fd):
            os.set_inheritable(fd, False)
        self._items = os.fdopen(items_fd, "rb", _READ_BYTES)
        self._answers = answers_fd
        self._lock = threading.Lock()
        if hasattr(os, "register_at_fork"):
            # Python 3.9 crashes at its end if this keeps an open file, so it keeps the numbers alone.
            os.register_at_fork(after_in_child=functools.partial(_lose, items_fd, answers_fd))

    def slices(self):
        """Yield the slices that the worker sends, until it closes the channel."""
        lines = []
        for line in self._items:
            if line.startswith(_ITEM_START):
                lines.append(line)
            else:
                yield _slice_of(lines, _AFTER.search(line) is not None)
                lines = []

    def write(self, text):
        """Return when the worker's end has the text, so that no answer is lost when the model ends the process after it."""
        data = memoryview(text.encode("ascii"))
        try:
            with self._lock:
                while data:
                    data = data[os.write(self._answers, data) :]
        except BrokenPipeError:
            os._exit(1)  # The worker is gone. A model may raise the same error for a pipe of its own, so it goes no further.

    def event(self, sentence):
        """Report something that a person should see, such as a smaller batch size."""
        self.write(json.dumps({"event": sentence}) + "\n")


def _lose(*descriptors):
    """Take the channel from a forked child, which must neither read items nor write answers."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in descriptors:
        os.dup2(nothing, descriptor, inheritable=False)
    os.close(nothing)


def channel_of_host():
    """Open the channel that the worker gives to a host."""
    try:
        return Channel(ITEMS_FD, ANSWERS_FD)
    except OSError:
        sys.exit("The worker starts this program: it has no channel to one here.")


def channel_of_command():
    """Take standard input and output for the protocol alone.

    Text that C libraries and child processes print must not mix with the answers, and they must not read items.
    """
    items, answers = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return Channel(items, answers)


def prepare_log():
    """Make printed text UTF-8 whatever the locale is, and send it to the log in the order in which it is printed."""
    if hasattr(sys.stderr, "reconfigure"):
        sys.stderr.reconfigure(encoding="utf-8", errors="backslashreplace", line_buffering=True)
    sys.stdout = sys.stderr


def _slice_of(lines, after):
    """Parse all lines at once, which is faster than one after another; then one by one if that fails."""
    try:
        entries = json.loads(b"[" + b",".join(lines) + b"]")
        return Slice([entry["index"] for entry in entries], [entry["item"] for entry in entries], after)
    except (ValueError, RecursionError):
        indexes = [int(_ITEM.match(line)[1]) for line in lines]
        return Slice(indexes, [_item_of(line) for line in lines], after)


def _item_of(line):
    try:
        return json.loads(line)["item"]
    except RecursionError:
        return Unreadable("it is nested too deeply")
    except ValueError as exception:  # for example, an integer with more digits than Python reads
        return Unreadable(str(exception))
