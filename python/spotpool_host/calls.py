"""Cut slices into calls of predict, and write the answers."""
import gc
import json
import os
import sys
import threading

from spotpool_host.channel import Unreadable
from spotpool_host.encode import NotJson, encode
from spotpool_host.errors import error_of_item, is_memory_error, log_item

_WRITE_CHARACTERS = 64 * 1024


class CallSize:
    """How many items a call gets. A call that runs out of memory halves it from then on."""

    def __init__(self, items, tell):
        self._items = items
        self._tell = tell
        self._lock = threading.Lock()

    def of(self, left):
        """Return how many of the items that are left the next call gets."""
        return left if self._items is None else min(left, self._items)

    def halve(self, items, reason):
        """Note that a call with so many items ran out of memory."""
        half = max(1, items // 2)
        with self._lock:
            if self._items is not None and self._items <= half:
                return  # another thread has halved it already
            self._items = half
        words = "1 item" if half == 1 else f"at most {half} items"
        self._tell(f"A call with {items} items ran out of memory. Each call gets {words} from here on. The error: {reason}")


class Answers:
    """Writes the answer of each item once."""

    def __init__(self, channel):
        self._channel = channel
        self._nan_is_null = os.environ.get("SPOTPOOL_NAN") == "null"

    def one(self, index, output):
        """Answer an item at once."""
        self._channel.write(self._line(index, output))

    def many(self, indexes, outputs):
        """Answer items together, because a write for each would be a system call for every item."""
        lines, characters = [], 0
        for index, output in zip(indexes, outputs):
            line = self._line(index, output)
            lines.append(line)
            characters += len(line)
            if characters >= _WRITE_CHARACTERS:
                self._channel.write("".join(lines))
                lines, characters = [], 0
        if lines:
            self._channel.write("".join(lines))

    def failed(self, index, error):
        """Answer an item with an error of the protocol."""
        self._channel.write(_error_line(index, error))

    def readable(self, slice_):
        """Answer the items that Python cannot read, and return the indexes and items of the others."""
        unreadable = [(index, item) for index, item in zip(slice_.indexes, slice_.items) if isinstance(item, Unreadable)]
        if not unreadable:
            return slice_.indexes, slice_.items
        for index, item in unreadable:
            self.failed(index, {"code": "ModelError", "message": item.message})
        kept = [(index, item) for index, item in zip(slice_.indexes, slice_.items) if not isinstance(item, Unreadable)]
        return [index for index, _ in kept], [item for _, item in kept]

    def _line(self, index, output):
        if isinstance(output, BaseException):
            log_item(index, output)
            return _error_line(index, error_of_item(output))
        try:
            return '{"index":%d,"output":%s}\n' % (index, encode(output, self._nan_is_null))
        except NotJson as exception:
            return _error_line(index, {"code": "ModelError", "message": str(exception)})
        except Exception as exception:  # a property or method of the model's own value raised it
            log_item(index, exception)
            return _error_line(index, error_of_item(exception))


def _error_line(index, error):
    return json.dumps({"index": index, "error": error}) + "\n"


class OutOfMemory:
    """Says what a call that ran out of memory has done, without the exception, whose frames hold the model's memory."""

    def __init__(self, exception, answered):
        self.error = error_of_item(exception)
        self.answered = answered

    @staticmethod
    def is_cause(exception):
        """Tell whether fewer items may help."""
        return is_memory_error(exception)

    def handle(self, indexes, size, answers):
        """Answer the item that stood alone, or note that calls must be smaller. Return how many items are answered now."""
        _release_memory()
        if len(indexes) > 1:
            size.halve(len(indexes), self.error["message"])
            return self.answered
        if self.answered == 0:
            answers.failed(indexes[0], self.error)
        return 1


def _release_memory():
    gc.collect()
    cuda = getattr(sys.modules.get("torch"), "cuda", None)
    if cuda is not None and cuda.is_available():
        cuda.empty_cache()
