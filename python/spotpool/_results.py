"""Results in the forms that programs want.

The command line writes them to a temporary file, whole or not at all, and this reads the file. So memory holds one line at a time, unless the
caller asks for a list or a table.
"""

from __future__ import annotations

import importlib
import json
import os
import tempfile
from typing import Any, Dict, Iterable, Iterator, List, Sequence

from ._errors import SpotpoolError
from ._process import run_command

Line = Dict[str, Any]

#: The command line's exit codes for results that were written, although the job has failed or too many of its items have.
_WRITTEN_CODES = frozenset({0, 1, 3})

#: Outputs with more fields than this are one column, as in the command line's CSV.
_MOST_FIELDS = 1_000


def lines_of(command: Sequence[str]) -> Iterator[Line]:
    """Yields a dictionary for each item, in the order of the dataset."""
    with tempfile.TemporaryDirectory(prefix="spotpool-") as folder:
        file = os.path.join(folder, "results.jsonl")
        write(command, file)
        with open(file, encoding="utf-8") as lines:
            for line in lines:
                yield json.loads(line)


def write(command: Sequence[str], out: str) -> Dict[str, Any]:
    """Writes the results to a place that ``--out`` can name. Returns what was written."""
    outcome = run_command([*command, f"--out={out}"])
    written = outcome.last
    if written is None or "error" in written or outcome.exit_code not in _WRITTEN_CODES:
        raise outcome.error()
    if written.get("damagedBatches"):
        raise SpotpoolError(outcome.said.strip() or "Some batches of the job are damaged, so its results are not whole.")
    return written


def table_of(command: Sequence[str]) -> Any:
    """Returns an Arrow table with the types that the command line gives a Parquet file."""
    parquet = _import("pyarrow.parquet", "as_='arrow'", "pyarrow")
    with tempfile.TemporaryDirectory(prefix="spotpool-") as folder:
        file = os.path.join(folder, "results.parquet")
        write(command, file)
        return parquet.read_table(file, memory_map=False)


def frame_of(lines: Iterator[Line]) -> Any:
    """Returns a DataFrame with a row for each item. Its index is the item's index, and each field of the outputs is a column."""
    pandas = _import("pandas", "as_='pandas'", "pandas")
    all_of = list(lines)
    index = pandas.Index([line["index"] for line in all_of], name="index", dtype="int64")
    return pandas.DataFrame(columns_of(all_of), index=index)


def columns_of(lines: Sequence[Line]) -> Dict[str, List[Any]]:
    """Names columns as the command line's CSV does (runner/results/forms/csv.ts)."""
    first: Dict[str, List[Any]] = {"ok": [line["ok"] for line in lines]}
    if any("id" in line for line in lines):
        first = {"id": [line.get("id") for line in lines], **first}
    last = _last_columns(lines)
    middle: Dict[str, List[Any]] = {}
    taken = {"index", *first, *last, "error_code", "error_message"}

    def add(field: str, values: List[Any], prefix: str) -> None:
        name = f"{prefix}{field}" if field in taken else field
        number = 2
        while name in taken:
            name = f"{prefix}{field}_{number}"
            number += 1
        taken.add(name)
        middle[name] = values

    kept = [line.get("kept") or {} for line in lines]
    for field in _fields(kept):
        add(field, [of.get(field) for of in kept], "kept.")
    outputs = [line.get("output") for line in lines]
    fields = _fields(outputs)
    if all(isinstance(line["output"], dict) for line in lines if line["ok"]) and 0 < len(fields) <= _MOST_FIELDS:
        for field in fields:
            add(field, [None if output is None else output.get(field) for output in outputs], "output.")
    else:
        add("output", outputs, "output.")
    return {**first, **middle, **last}


def _last_columns(lines: Sequence[Line]) -> Dict[str, List[Any]]:
    columns: Dict[str, List[Any]] = {}
    if any(not line["ok"] for line in lines):
        errors = [line.get("error") or {} for line in lines]
        columns["error_code"] = [error.get("code") for error in errors]
        columns["error_message"] = [error.get("message") for error in errors]
    if any("source" in line for line in lines):
        sources = [line.get("source") or {} for line in lines]
        columns["source_file"] = [source.get("file") for source in sources]
        columns["source_row"] = [source.get("row") for source in sources]
    for name in ("input", "job"):
        if any(name in line for line in lines):
            columns[name] = [line.get(name) for line in lines]
    return columns


def _fields(values: Iterable[Any]) -> List[str]:
    """Lists the fields in the order in which they first appear."""
    return list(dict.fromkeys(field for value in values if isinstance(value, dict) for field in value))


def _import(module: str, what: str, package: str) -> Any:
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise SpotpoolError(f"{what} needs {package}. Install it: pip install {package}") from error
