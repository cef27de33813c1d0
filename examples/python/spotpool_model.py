"""Run a Python function as a spotpool model: `spotpool_model.run(predict)`.

It needs Python 3.9 or newer and nothing but the standard library. Ship this file beside your model.
"""
import json
import math
import os
import re
import sys
import threading
import traceback
from collections.abc import Mapping, Set
from concurrent.futures import ThreadPoolExecutor

_ITEM_START = re.compile(rb'\{"index":(\d+),"item":')
_IDENTIFIER = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*")
_END = object()


def run(predict, max_slice_items=None, threads=1):
    """Answer items until there are no more.

    predict(items) returns a list, an array or a generator with one output per item, in order. An exception object in the place of
    an output fails that item. An exception that predict raises ends the model. Printed text goes to the job's log.

    With threads > 1, predict is called for several slices at the same time. Use this only for a model that waits for a network
    or a disk, and that is safe to call from several threads.

    Arrays and numbers of numpy, torch and array.array become JSON lists and numbers. An output that JSON cannot express (NaN, a
    set, a date) fails its item. In a job with `--nan null`, NaN and the infinities become null instead.
    """
    items, protocol = _own_channel()
    nan_is_null = os.environ.get("SPOTPOOL_NAN") == "null"
    one_at_a_time = threading.Lock()

    def say(line):
        with one_at_a_time:
            protocol.write(line + "\n")
            protocol.flush()

    def say_error(index, exception):
        say(json.dumps({"index": index, "error": _error(exception)}))

    def answer(slice_):
        for index, _, unreadable in slice_:
            if unreadable is not None:
                say_error(index, unreadable)
        readable = [(index, item) for index, item, unreadable in slice_ if unreadable is None]
        if not readable:
            return
        outputs = predict([item for _, item in readable])
        for output, (index, _) in zip(_outputs(outputs, len(readable)), readable):
            try:
                if isinstance(output, Exception):
                    raise output
                say('{"index":%d,"output":%s}' % (index, _encode(output, nan_is_null)))
            except Exception as exception:
                say_error(index, exception)

    def answer_or_end(slice_):
        try:
            answer(slice_)
        except BaseException:  # an exception in a thread would go unnoticed
            traceback.print_exc()
            os._exit(1)

    pool = ThreadPoolExecutor(threads)
    # With one thread, a slice is answered before the next one is read, so the worker may send the next one ahead.
    say(json.dumps({"ready": True, "maxSliceItems": max_slice_items, "maxConcurrency": threads, "ahead": threads == 1}))
    slice_ = []
    for line in items:
        if _ITEM_START.match(line):
            slice_.append(_read(line))
            continue
        if threads == 1:
            answer(slice_)
        else:
            pool.submit(answer_or_end, slice_)
        slice_ = []


def _own_channel():
    """Return the stream of items (lines of bytes) and the stream for answers.

    Both are private. Text that C libraries and child processes print must not mix with the answers, and they must not read items.
    """
    items = os.fdopen(os.dup(0), "rb")
    protocol = os.fdopen(os.dup(1), "w", encoding="ascii", newline="\n")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    if hasattr(sys.stderr, "reconfigure"):
        sys.stderr.reconfigure(encoding="utf-8", errors="backslashreplace")  # independent of the locale
    sys.stdout = sys.stderr
    return items, protocol


def _read(line):
    """Return the index of an item, the item, and an exception if Python cannot read it. That fails the item, not the model."""
    try:
        message = json.loads(line.decode("utf-8"))
        return message["index"], message["item"], None
    except RecursionError:
        reason = "it is nested too deeply"
    except ValueError as exception:  # for example, an integer with more digits than Python reads
        reason = str(exception)
    return int(_ITEM_START.match(line)[1]), None, _ModelError(f"Python cannot read the item: {reason}.")


def _outputs(outputs, count):
    """Yield exactly `count` outputs, or raise an error that names the number or type that predict returned."""
    if isinstance(outputs, (str, bytes, Mapping, Set)) or hasattr(outputs, "iterrows") or not _is_iterable(outputs):
        kind = type(outputs).__name__
        if kind == "coroutine":
            outputs.close()  # otherwise Python warns that the coroutine was never awaited
        raise TypeError(f"predict must give a list, an array or a generator with one output for each item, in order; it gave a {kind}")
    if hasattr(outputs, "__len__") and len(outputs) != count:
        raise _wrong_number(count, len(outputs))
    given = iter(outputs)
    for number in range(count):
        output = next(given, _END)
        if output is _END:
            raise _wrong_number(count, number)
        yield output
    if next(given, _END) is not _END:
        raise _wrong_number(count, f"more than {count}")


def _is_iterable(value):
    return hasattr(value, "__iter__") or hasattr(value, "__getitem__")


def _wrong_number(items, outputs):
    return ValueError(f"predict was given {items} items and gave {outputs} outputs; it must give one for each item, in order")


class _ModelError(Exception):
    code = "ModelError"


def _error(exception):
    name = type(exception).__name__
    try:
        return {"code": str(getattr(exception, "code", name)), "message": str(exception) or name}
    except Exception:  # an exception without a readable text must not end the model
        return {"code": name, "message": name}


def _encode(output, nan_is_null):
    """Return the output as JSON text. Raise an error that names the value that JSON cannot express, and its place."""
    try:
        try:
            return json.dumps(output, allow_nan=False, default=_plain)
        except ValueError:
            if not nan_is_null:
                raise
            return json.dumps(_without_nan(output), allow_nan=False, default=_plain)
    except (OverflowError, RecursionError, TypeError, ValueError) as exception:
        raise _ModelError(f"The output is no JSON value: {_trouble_of(output, nan_is_null) or exception}.") from exception


def _plain(value):
    """Return an array of numpy, torch or array.array, or a number from one, as a list or a number."""
    if _has_plain_form(value):
        return value.tolist()
    raise TypeError


def _has_plain_form(value):
    # numpy's dates and durations in nanoseconds are excluded, because tolist() would turn them into plain integers.
    is_of_time = getattr(getattr(value, "dtype", None), "kind", None) in ("M", "m")
    return callable(getattr(value, "tolist", None)) and not is_of_time


def _without_nan(value):
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _without_nan(member) for key, member in value.items()}
    if isinstance(value, (list, tuple)):
        return [_without_nan(member) for member in value]
    return _without_nan(value.tolist()) if _has_plain_form(value) else value


def _trouble_of(output, nan_is_null):
    try:
        return _trouble(output, "output", nan_is_null, [])
    except RecursionError:
        return "output is nested too deeply"


def _trouble(value, path, nan_is_null, around):
    """Name the value that JSON cannot express, and its place. Return None when there is none."""
    if any(value is outer for outer in around):
        return f"{path} is circular: it contains itself"
    if value is None or isinstance(value, (str, bool)):
        return None
    if isinstance(value, int):
        return _trouble_of_integer(value, path)
    if isinstance(value, float):
        if nan_is_null or math.isfinite(value):
            return None
        return f"{path} is {_name_of(value)}; give None, or submit the job with --nan null"
    if isinstance(value, dict):
        members = [(_path_of(path, key), key, member) for key, member in value.items()]
    elif isinstance(value, (list, tuple)):
        members = [(f"{path}[{number}]", "", member) for number, member in enumerate(value)]
    elif _has_plain_form(value):
        return _trouble(value.tolist(), path, nan_is_null, [*around, value])
    else:
        kind = type(value)
        name = kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__name__}"
        return f"{path} is a {name}"
    for where, key, member in members:
        if not isinstance(key, (str, int, float, type(None))) or (isinstance(key, float) and not math.isfinite(key)):
            return f"{path} has a key that is no text: {key!r}"
        found = _trouble(member, where, nan_is_null, [*around, value])
        if found is not None:
            return found
    return None


def _trouble_of_integer(value, path):
    try:
        int.__repr__(value)
    except ValueError as exception:
        return f"{path} is too large an integer: {exception}"
    return None


def _path_of(path, key):
    text = str(key)
    return f"{path}.{text}" if _IDENTIFIER.fullmatch(text) else f"{path}[{json.dumps(text)}]"


def _name_of(number):
    return "NaN" if math.isnan(number) else "Infinity" if number > 0 else "-Infinity"
