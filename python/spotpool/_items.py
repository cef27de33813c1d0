"""Turns what a caller gives as a dataset into arguments of the command line, and into bytes for its standard input.

Items of the program travel as JSON Lines in a gzip stream without compression. The end of that stream has a checksum and a length:
when the program is killed while it gives items, the command line refuses the part that it has got.
"""

from __future__ import annotations

import datetime
import decimal
import importlib
import json
import math
import os
import tempfile
import zlib
from contextlib import contextmanager
from typing import Any, Iterable, Iterator, List, NamedTuple, Optional, Sequence, Union

from ._errors import BadInput

#: The rows of a frame that are turned into Python objects at once.
_ROWS_AT_ONCE = 1_000
#: Larger writes would not be faster, and smaller ones would.
_BLOCK_BYTES = 256 * 1024
#: gzip's window, and the header and end of its format (https://docs.python.org/3/library/zlib.html#zlib.compressobj).
_GZIP_WBITS = 16 + zlib.MAX_WBITS

PathLike = Union[str, "os.PathLike[str]"]


class Paths(List[str]):
    """Several files, folders, globs or addresses in S3, which are one dataset."""


def paths(*names: PathLike) -> Paths:
    """Names several files, folders, globs or s3:// addresses as one dataset."""
    if not names:
        raise BadInput("paths() names no file. Give it at least one.")
    return Paths(os.fspath(name) for name in names)


class Dataset(NamedTuple):
    arguments: Sequence[str]
    feed: Optional[Iterable[bytes]]


@contextmanager
def as_dataset(items: Any) -> Iterator[Dataset]:
    """Opens a dataset for one command. A table of Arrow is a file that is removed afterwards."""
    named = _names(items)
    if named is not None:
        yield Dataset(_checked(named), None)
    elif _is_from("pyarrow", "Table", items):
        with tempfile.TemporaryDirectory(prefix="spotpool-") as folder:
            file = os.path.join(folder, "table.parquet")
            _write_parquet(items, file)
            yield Dataset([file], None)
    else:
        yield Dataset(["-", "--format", "jsonl"], gzip_lines(_each(items)))


def _names(items: Any) -> Optional[Sequence[str]]:
    if isinstance(items, (str, os.PathLike)):
        return [os.fspath(items)]
    if isinstance(items, Paths):
        return items
    if isinstance(items, (list, tuple)) and items:
        if all(isinstance(item, os.PathLike) for item in items):
            return [os.fspath(item) for item in items]
        if all(isinstance(item, str) and _looks_like_file(item) for item in items):
            raise BadInput(
                f"The items are texts that name files, such as {items[0]!r}. To read the files, give spotpool.paths(*names). "
                "To give the texts themselves to the model, give an iterator of them: iter(names)."
            )
    return None


def _looks_like_file(text: str) -> bool:
    return text.startswith("s3://") or ("\0" not in text and len(text) < 1_024 and os.path.isfile(text))


def _checked(names: Sequence[str]) -> Sequence[str]:
    for name in names:
        if name == "-":
            raise BadInput("The dataset '-' would be the standard input of this program. Name a file, or give the items themselves.")
        if name == "":
            raise BadInput("The name of the dataset is empty. Name a file, a folder, or an address in S3.")
    # A name that begins with a dash would be an option.
    return [f".{os.sep}{name}" if name.startswith("-") else name for name in names]


def _each(items: Any) -> Iterator[Any]:
    if _is_from("pandas", "DataFrame", items):
        for start in range(0, len(items), _ROWS_AT_ONCE):
            yield from _rows(items.iloc[start : start + _ROWS_AT_ONCE])
    elif _is_from("polars", "DataFrame", items):
        yield from items.iter_rows(named=True)
    elif isinstance(items, (dict, bytes, bytearray)):
        raise BadInput(f"One {type(items).__name__} is no dataset. Give a list of items, or the path of a file.")
    else:
        try:
            iterator = iter(items)
        except TypeError:
            raise BadInput(
                f"A {type(items).__name__} is no dataset. Give a path, a list or an iterator of items, a pandas DataFrame or an Arrow Table."
            ) from None
        yield from iterator


def _rows(frame: Any) -> Iterator[Any]:
    twice = frame.columns[frame.columns.duplicated()]
    if len(twice) > 0:
        raise BadInput(f"The frame has two columns {twice[0]!r}. Give each column a name of its own.")
    # JSON has one missing value, and pandas has several.
    plain = frame.astype(object).where(frame.notna(), None)
    for row in plain.to_dict("records"):
        yield {str(name): value for name, value in row.items()}


def gzip_lines(items: Iterable[Any]) -> Iterator[bytes]:
    packer = zlib.compressobj(0, zlib.DEFLATED, _GZIP_WBITS)
    block = bytearray()
    for number, item in enumerate(items):
        block += line_of(item, number)
        if len(block) >= _BLOCK_BYTES:
            yield packer.compress(bytes(block))
            block.clear()
    yield packer.compress(bytes(block)) + packer.flush()


def line_of(item: Any, number: int) -> bytes:
    try:
        text = json.dumps(item, default=_plain, allow_nan=False, ensure_ascii=False, separators=(",", ":"))
        return text.encode("utf-8") + b"\n"
    except (TypeError, ValueError, RecursionError) as error:
        raise BadInput(f"Item {number} cannot be written as JSON: {_reason(item, error)}") from error


def _reason(item: Any, error: Exception) -> str:
    if isinstance(error, ValueError) and "Out of range float" in str(error):
        return f"{_place_of_nan(item) or 'a number of it'} is NaN or infinite, which JSON does not have. Replace it, by None for example."
    if isinstance(error, UnicodeEncodeError):
        return "a text of it has half a surrogate pair, which UTF-8 does not have."
    return f"{error}."


def _place_of_nan(value: Any, place: str = "item") -> str:
    """Names the place of the number, as far as it is in plain lists and dictionaries."""
    if isinstance(value, float):
        return place if not math.isfinite(value) else ""
    if isinstance(value, dict):
        return next(filter(None, (_place_of_nan(held, f"{place}[{key!r}]") for key, held in value.items())), "")
    if isinstance(value, (list, tuple)):
        return next(filter(None, (_place_of_nan(held, f"{place}[{n}]") for n, held in enumerate(value))), "")
    return ""


def _plain(value: Any) -> Any:
    """Returns what json can write of the common types of numbers, arrays and times."""
    if isinstance(value, (datetime.datetime, datetime.date, datetime.time)):
        return value.isoformat()
    if isinstance(value, decimal.Decimal):
        return str(value)
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if hasattr(value, "tolist") and hasattr(value, "dtype"):
        return value.tolist()
    raise TypeError(f"it has a value of the type {type(value).__name__}")


def _is_from(package: str, name: str, value: Any) -> bool:
    """Tells whether the value is of this class of a package that may not be installed."""
    return any(of.__name__ == name and of.__module__.split(".")[0] == package for of in type(value).__mro__)


def _write_parquet(table: Any, file: str) -> None:
    importlib.import_module("pyarrow.parquet").write_table(table, file)
