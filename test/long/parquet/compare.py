"""Compares what spotpool made of Parquet files with pyarrow's own reading, value by value. Usage: compare.py FOLDER, which has NAME.parquet and NAME.parquet.jsonl."""
import base64
import datetime as dt
import json
import math
import os
import struct
import sys

import pyarrow as pa
import pyarrow.parquet as pq

EPOCH = dt.datetime(1970, 1, 1)
DIGITS = {"s": 0, "ms": 3, "us": 6, "ns": 9}


def clock(count, unit):
    seconds, rest = divmod(count, 10 ** DIGITS[unit])
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{str(rest).zfill(DIGITS[unit])}"


def instant(count, unit, zone):
    days, rest = divmod(count, 86_400 * 10 ** DIGITS[unit])
    day = (EPOCH + dt.timedelta(days=days)).date().isoformat()
    return f"{day}T{clock(rest, unit)}{'Z' if zone else ''}"


def same(kind, scalar, ours, place):
    if isinstance(kind, pa.DictionaryType):
        return same(kind.value_type, scalar.as_py() if not scalar.is_valid else pa.scalar(scalar.as_py(), kind.value_type), ours, place)
    if scalar is None or not scalar.is_valid:
        return expect(ours is None, place, None, ours)
    if pa.types.is_struct(kind):
        names = [kind.field(n).name for n in range(kind.num_fields)]
        expect(isinstance(ours, dict) and list(ours) == names, place, names, ours)
        for n, name in enumerate(names):
            same(kind.field(n).type, scalar[name], ours[name], f"{place}.{name}")
        return
    if pa.types.is_map(kind):
        pairs = scalar.values
        keys, values = pairs.field("key"), pairs.field("value")
        if pa.types.is_string(kind.key_type):
            expect(isinstance(ours, dict) and list(ours) == keys.to_pylist(), place, keys, ours)
            ours = list(ours.items())
        expect(len(ours) == len(keys), place, len(keys), ours)
        for n, (key, value) in enumerate(ours):
            same(kind.key_type, keys[n], key, f"{place}.key")
            same(kind.item_type, values[n], value, f"{place}.value")
        return
    if pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        expect(isinstance(ours, list) and len(ours) == len(scalar.values), place, scalar, ours)
        for n, value in enumerate(scalar.values):
            same(kind.value_type, value, ours[n], f"{place}[{n}]")
        return
    wanted = leaf(kind, scalar)
    expect(type(ours) is type(wanted) and ours == wanted and (not isinstance(ours, float) or math.copysign(1, ours) == math.copysign(1, wanted)), place, wanted, ours)


def leaf(kind, scalar):
    if pa.types.is_timestamp(kind):
        return instant(scalar.value, kind.unit, kind.tz)
    if pa.types.is_time(kind):
        return clock(scalar.value, kind.unit)
    if pa.types.is_date(kind):
        return scalar.as_py().isoformat()
    if pa.types.is_decimal(kind):
        return format(scalar.as_py(), "f")
    if pa.types.is_binary(kind) or pa.types.is_fixed_size_binary(kind) or pa.types.is_large_binary(kind):
        return base64.b64encode(scalar.as_py()).decode()
    if pa.types.is_float16(kind):
        return float(scalar.as_py())
    return scalar.as_py()


def expect(true, place, wanted, ours):
    if not true:
        raise SystemExit(f"{place}: pyarrow has {wanted!r}, and spotpool wrote {ours!r}")


def compare(path):
    table = pq.ParquetFile(path).read()
    names = table.column_names
    columns = [column.combine_chunks() if not isinstance(column.type, pa.DictionaryType) else column for column in table.columns]
    row = 0
    with open(f"{path}.jsonl", encoding="utf-8", newline="\n") as lines:
        for line in lines:
            item = json.loads(line)
            expect(list(item) == names, f"{path}, row {row + 1}", names, item)
            for column, name in zip(columns, names):
                same(column.type, column[row], item[name], f"{path}, row {row + 1}, {name}")
            row += 1
    expect(row == table.num_rows, path, table.num_rows, row)
    return row


if __name__ == "__main__":
    files = sorted(name for name in os.listdir(sys.argv[1]) if name.endswith(".parquet") and os.path.exists(os.path.join(sys.argv[1], f"{name}.jsonl")))
    rows = sum(compare(os.path.join(sys.argv[1], name)) for name in files)
    print(f"{len(files)} files, {rows} rows")
