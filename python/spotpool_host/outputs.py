"""Turn what predict returns into one output for each item."""
import inspect
from collections.abc import Mapping, Set

from spotpool_host.encode import has_tolist, is_frame, records_of
from spotpool_host.errors import ModelFault

_END = object()
_WANTED = "a list, an array, a frame or a generator with one output for each item, in order"


def outputs_of(outputs, count):
    """Return a list of exactly `count` outputs, or an iterator that yields so many. Raise ModelFault for anything else."""
    if is_frame(outputs):
        outputs = records_of(outputs)
    elif has_tolist(outputs):
        outputs = outputs.tolist()
    if isinstance(outputs, (list, tuple)):
        if len(outputs) != count:
            raise wrong_number(count, len(outputs))
        return outputs
    if isinstance(outputs, (str, bytes, Mapping, Set)) or not _is_iterable(outputs):
        raise wrong_kind(outputs)
    if hasattr(outputs, "__len__") and len(outputs) != count:
        raise wrong_number(count, len(outputs))
    return _exactly(outputs, count)


def _exactly(outputs, count):
    """Yield the last output only when it is certain that no other follows it."""
    given = iter(outputs)
    for number in range(1, count + 1):
        output = next(given, _END)
        if output is _END:
            raise wrong_number(count, number - 1)
        if number == count and next(given, _END) is not _END:
            raise wrong_number(count, f"more than {count}")
        yield output


def wrong_kind(outputs):
    """Return the error for a value that cannot hold the outputs."""
    kind = type(outputs).__name__
    advice = ""
    if inspect.isawaitable(outputs):
        advice = '; a predict that awaits is written "async def predict(items)"'
        if inspect.iscoroutine(outputs):
            outputs.close()  # otherwise Python warns that the coroutine was never awaited
    return ModelFault(f"must give {_WANTED}; it gave a {kind}{advice}")


def wrong_number(items, outputs):
    """Return the error for outputs of which nobody knows to which items they belong."""
    return ModelFault(f"was given {items} items and gave {outputs} outputs; it must give one for each item, in order")


def _is_iterable(value):
    return hasattr(value, "__iter__") or hasattr(value, "__getitem__")
