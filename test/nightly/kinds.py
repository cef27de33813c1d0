"""Give outputs of the types that numpy, pandas and pydantic really have, one for each item."""
import numpy
import pandas
import pydantic


class Named(pydantic.BaseModel):
    name: str
    inner: list


def frame(items):
    return pandas.DataFrame({"a": numpy.ones(len(items), dtype="int64"), "b": "x", "c": 0.5})


def series(items):
    return pandas.Series([2 for _ in items])


def matrix(items):
    return numpy.array([[1, 0.5] for _ in items])


def numbers(items):
    return [{"i": numpy.int32(3), "f": numpy.float32(0.25), "b": numpy.bool_(True)} for _ in items]


def pydantic_(items):
    return [Named(name="x", inner=[1]) for _ in items]


def instant(items):
    return [pandas.Timestamp("2020-01-01") for _ in items]
