"""Encode outputs as JSON text, and name the value that JSON cannot express, with its place.

Arrays and numbers of numpy, torch and array.array, frames and series of pandas, pydantic models and dataclasses are recognised by what
they can do, so that nothing is imported for them.
"""
import json
import math
import re
import sys

_IDENTIFIER = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*")


class NotJson(Exception):
    """The message is a sentence without its full stop, such as "output.scores[3] is NaN"."""


def plain(value):
    """Return a list, dictionary or number in place of a value that json does not know. Raise TypeError if there is none."""
    kind = type(value)
    if has_tolist(value):
        form = value.tolist()
        if type(form) is not kind:
            return form
    elif is_frame(value):
        return records_of(value)
    elif hasattr(kind, "__dataclass_fields__"):
        return {field.name: getattr(value, field.name) for field in sys.modules["dataclasses"].fields(value)}
    elif callable(getattr(kind, "model_dump", None)):  # pydantic
        return value.model_dump(mode="json")
    elif hasattr(kind, "__fields__") and callable(getattr(kind, "dict", None)):  # pydantic 1
        return value.dict()
    raise TypeError


def has_tolist(value):
    """Tell whether the value is an array, a series, or a number from one. Types of time are none: their numbers have a hidden unit."""
    if not callable(getattr(value, "tolist", None)):
        return False
    return getattr(getattr(value, "dtype", None), "kind", None) not in ("M", "m")


def is_frame(value):
    """Tell whether the value is a table of pandas or polars."""
    return not isinstance(value, type) and (hasattr(value, "iterrows") or hasattr(value, "iter_rows"))


def records_of(frame):
    """Return a dictionary for each row of the frame."""
    return frame.to_dict("records") if hasattr(frame, "iterrows") else frame.to_dicts()


_encode = json.JSONEncoder(allow_nan=False, default=plain).encode


def encode(output, nan_is_null):
    """Return the output as JSON text, or raise NotJson."""
    try:
        try:
            return _encode(output)
        except ValueError:
            if not nan_is_null:
                raise
            return _encode(_without_nan(output))
    except (OverflowError, RecursionError, TypeError, ValueError) as exception:
        trouble = _trouble_of(output, nan_is_null) or str(exception)
    raise NotJson(f"The output is no JSON value: {trouble}.")


def _without_nan(value):
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, (str, int)):
        return value
    if isinstance(value, dict):
        return {key: _without_nan(member) for key, member in value.items()}
    if isinstance(value, (list, tuple)):
        return [_without_nan(member) for member in value]
    return _without_nan(plain(value))


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
    else:
        return _trouble_of_other(value, path, nan_is_null, around)
    for where, key, member in members:
        if not isinstance(key, (str, int, float, type(None))) or (isinstance(key, float) and not math.isfinite(key)):
            return f"{path} has a key that is no text: {key!r}"
        found = _trouble(member, where, nan_is_null, [*around, value])
        if found is not None:
            return found
    return None


def _trouble_of_other(value, path, nan_is_null, around):
    try:
        form = plain(value)
    except TypeError:
        return f"{path} is a {name_of_type(value)}"
    return _trouble(form, path, nan_is_null, [*around, value])


def _trouble_of_integer(value, path):
    try:
        int.__repr__(value)
    except ValueError as exception:
        return f"{path} is too large an integer: {exception}"
    return None


def name_of_type(value):
    """Return the name of a value's type, with its module unless that is Python's own."""
    kind = type(value)
    return kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__name__}"


def _path_of(path, key):
    text = str(key)
    return f"{path}.{text}" if _IDENTIFIER.fullmatch(text) else f"{path}[{json.dumps(text)}]"


def _name_of(number):
    return "NaN" if math.isnan(number) else "Infinity" if number > 0 else "-Infinity"
