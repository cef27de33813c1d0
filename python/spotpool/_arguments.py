"""Turns keyword arguments into options of the command line."""

from __future__ import annotations

import difflib
import os
from typing import Any, List, Mapping, NamedTuple

from ._errors import BadInput


class Option(NamedTuple):
    """An option of the command line. ``_options.py`` has them all."""

    flag: str
    #: The form of its value: a ``switch``, one ``value``, a ``list`` (an option for each), or a ``mapping`` (an option for each pair).
    form: str
    #: The type of its value, as a person reads it.
    type: str
    help: str


Options = Mapping[str, Option]


def arguments(given: Mapping[str, Any], known: Options, call: str) -> List[str]:
    """``None`` stands for an option that was not given."""
    words: List[str] = []
    for name, value in given.items():
        option = known.get(name)
        if option is None:
            raise TypeError(f"{call} has no option {name!r}.{_advice(name, known)}")
        if value is not None:
            words += _words(name, option, value)
    return words


_ELSEWHERE = {
    "each": "A series is submitted from a terminal: spotpool submit … --each NAME=A,B.",
    "notify": "Set the environment variable SPOTPOOL_NOTIFY to the address, which is a secret.",
}


def _advice(name: str, known: Options) -> str:
    if name in _ELSEWHERE:
        return f" {_ELSEWHERE[name]}"
    near = difflib.get_close_matches(name, known, n=1)
    return f" Do you mean {near[0]!r}?" if near else f" Its options are: {', '.join(sorted(known))}."


def _words(name: str, option: Option, value: Any) -> List[str]:
    if option.form == "switch":
        if not isinstance(value, bool):
            raise BadInput(f"{name}={value!r}: it must be True or False.")
        return [option.flag] if value else []
    if option.form == "mapping":
        if not isinstance(value, Mapping):
            raise BadInput(f"{name}={value!r}: it must be a dictionary, such as {{'NAME': 'value'}}.")
        for key in value:
            if "=" in str(key):
                raise BadInput(f"{name} has the name {key!r}. A name has no '=', because the value begins behind it.")
        return [f"{option.flag}={key}={_text(name, held)}" for key, held in value.items()]
    if option.form == "list" and isinstance(value, (list, tuple)):
        return [f"{option.flag}={_text(name, held)}" for held in value]
    return [f"{option.flag}={_text(name, value)}"]


def _text(name: str, value: Any) -> str:
    if isinstance(value, bool) or value is None or not isinstance(value, (str, int, float, os.PathLike)):
        raise BadInput(f"{name}={value!r}: it must be a text, a number or a path.")
    return str(os.fspath(value)) if isinstance(value, os.PathLike) else str(value)
