"""Prints the lines that frames are sent as, and the rows of the file that an Arrow table is sent as."""

import gzip
import json

import numpy
import pandas
import pyarrow
import pyarrow.parquet

from spotpool._items import as_dataset

frame = pandas.DataFrame(
    {
        "n": [1, 2],
        "x": [0.1, numpy.nan],
        "text": ["a", None],
        "when": pandas.to_datetime(["2026-01-02T03:04:05", None]),
        "maybe": pandas.array([True, pandas.NA], dtype="boolean"),
        "list": [[1, 2], []],
        "array": [numpy.array([1.5]), numpy.int64(7)],
    },
    index=[10, 20],
)


def lines_of(items):
    with as_dataset(items) as dataset:
        return [json.loads(line) for line in gzip.decompress(b"".join(dataset.feed)).splitlines()]


def rows_of(table):
    with as_dataset(table) as dataset:
        return pyarrow.parquet.read_table(dataset.arguments[0]).to_pylist()


print(
    json.dumps(
        {
            "frame": lines_of(frame),
            "many": len(lines_of(pandas.DataFrame({"n": range(2_500)}))),
            "series": lines_of(pandas.Series([1, 2])),
            "array": lines_of(numpy.array([[1, 2], [3, 4]])),
            "table": rows_of(pyarrow.table({"n": [1, 2], "inner": [{"a": 1}, None]})),
        }
    )
)
