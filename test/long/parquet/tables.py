"""Tables with every type that pyarrow writes. Usage: tables.py FOLDER writes them with every codec, page version and encoding.
tables.py --fixtures FOLDER writes the small files of test/runner/dataset/parquet/fixtures."""
import datetime as dt
import decimal
import itertools
import json
import os
import random
import sys

import pyarrow as pa
import pyarrow.parquet as pq

CODECS = ["none", "snappy", "gzip", "brotli", "zstd", "lz4"]


def maybe(values, nulls):
    """Puts a null in every third place."""
    return [None if nulls and n % 3 == 1 else value for n, value in enumerate(values)]


def scalars(rows, nulls, seed=7):
    r = random.Random(seed)
    ints = lambda bits: [r.choice([0, 1, -1, 2 ** (bits - 1) - 1, -(2 ** (bits - 1)), r.randrange(-(2 ** (bits - 1)), 2 ** (bits - 1))]) for _ in range(rows)]
    uints = lambda bits: [r.choice([0, 1, 2**bits - 1, r.randrange(2**bits)]) for _ in range(rows)]
    floats = [r.choice([0.0, -0.0, 1.0, 0.1, 1e300, 5e-324, r.random(), r.uniform(-1e9, 1e9)]) for _ in range(rows)]
    decimals = lambda digits, scale: [decimal.Decimal(r.randrange(-(10**digits) + 1, 10**digits)).scaleb(-scale, decimal.Context(prec=80)) for _ in range(rows)]
    words = ["", "a", "naïve", "日本語", "😀", 'quote " and \\', "line\nend\r\u2028", "\u0000", "x" * 300]
    day = 86_400
    column = lambda values, kind: pa.array(maybe(values, nulls), kind)
    return {
        "bool": column([r.random() < 0.5 for _ in range(rows)], pa.bool_()),
        **{f"int{bits}": column(ints(bits), f"int{bits}") for bits in (8, 16, 32, 64)},
        **{f"uint{bits}": column(uints(bits), f"uint{bits}") for bits in (8, 16, 32, 64)},
        "float16": column([r.choice([1.5, -2.0, 6e-8, 65504.0]) for _ in range(rows)], pa.float16()),
        "float32": column([f if abs(f) < 1e38 else 1.5 for f in floats], pa.float32()),
        "float64": column(floats, pa.float64()),
        "decimal9": column(decimals(9, 2), pa.decimal128(9, 2)),
        "decimal18": column(decimals(18, 18), pa.decimal128(18, 18)),
        "decimal38": column(decimals(38, 10), pa.decimal128(38, 10)),
        "decimal76": column(decimals(76, 0), pa.decimal256(76, 0)),
        "date": column([dt.date.fromordinal(r.randrange(1, 3_652_059)) for _ in range(rows)], pa.date32()),
        "time_ms": column([r.randrange(day * 10**3) for _ in range(rows)], pa.time32("ms")),
        "time_us": column([r.randrange(day * 10**6) for _ in range(rows)], pa.time64("us")),
        "time_ns": column([r.randrange(day * 10**9) for _ in range(rows)], pa.time64("ns")),
        "ts_ms": column([r.randrange(-62_135_596_800_000, 253_402_300_799_999) for _ in range(rows)], pa.timestamp("ms")),
        "ts_us_utc": column([r.randrange(-62_135_596_800_000_000, 253_402_300_799_999_999) for _ in range(rows)], pa.timestamp("us", "UTC")),
        "ts_ns": column([r.randrange(-(2**63), 2**63) for _ in range(rows)], pa.timestamp("ns")),
        "ts_zone": column([r.randrange(2**40) for _ in range(rows)], pa.timestamp("ms", "Europe/Berlin")),
        "string": column([r.choice(words) for _ in range(rows)], pa.string()),
        "large_string": column([str(n) * (n % 5) for n in range(rows)], pa.large_string()),
        "binary": column([r.randbytes(r.randrange(9)) for _ in range(rows)], pa.binary()),
        "fixed": column([r.randbytes(5) for _ in range(rows)], pa.binary(5)),
        "null": pa.nulls(rows),
        "dictionary": column([r.choice(words) for _ in range(rows)], pa.string()).dictionary_encode(),
    }


def nested(rows, nulls, seed=8):
    r = random.Random(seed)
    null = lambda value: None if nulls and r.random() < 0.25 else value
    some = lambda make: [make() for _ in range(r.choice([0, 0, 1, 2, 5]))]
    number = lambda: null(r.randrange(100))
    word = lambda: null(r.choice(["a", "b.c", "é", ""]))
    point = lambda: null({"x": number(), "y": word(), "deep": null({"z": null(some(number))})})
    point_type = pa.struct([("x", pa.int64()), ("y", pa.string()), ("deep", pa.struct([("z", pa.list_(pa.int32()))]))])
    make = lambda f: [f() for _ in range(rows)]
    return {
        "list": pa.array(make(lambda: null(some(number))), pa.list_(pa.int64())),
        "list_of_lists": pa.array(make(lambda: null(some(lambda: null(some(lambda: null(some(word))))))), pa.list_(pa.list_(pa.list_(pa.string())))),
        "struct": pa.array(make(point), point_type),
        "structs": pa.array(make(lambda: null(some(point))), pa.list_(point_type)),
        "map": pa.array(make(lambda: null([(k, word()) for k in r.sample(["a", "b", "c", "d"], r.randrange(4))])), pa.map_(pa.string(), pa.string())),
        "map_of_ints": pa.array(make(lambda: null([(k, null(some(number))) for k in r.sample(range(9), r.randrange(4))])), pa.map_(pa.int32(), pa.list_(pa.int32()))),
        "maps": pa.array(make(lambda: null(some(lambda: null([("k", point())])))), pa.list_(pa.map_(pa.string(), point_type))),
        "fixed_list": pa.array(make(lambda: null([1, number(), 3])), pa.list_(pa.int8(), 3)),
        "with.dot": pa.array(make(word), pa.string()),
        "empty_name": pa.array(make(lambda: null({"": number()})), pa.struct([("", pa.int8())])),
    }


ENCODINGS = {
    "int32": ["PLAIN", "DELTA_BINARY_PACKED", "BYTE_STREAM_SPLIT"],
    "int64": ["PLAIN", "DELTA_BINARY_PACKED", "BYTE_STREAM_SPLIT"],
    "float32": ["PLAIN", "BYTE_STREAM_SPLIT"],
    "float64": ["PLAIN", "BYTE_STREAM_SPLIT"],
    "string": ["PLAIN", "DELTA_LENGTH_BYTE_ARRAY", "DELTA_BYTE_ARRAY"],
    "fixed": ["PLAIN", "DELTA_BYTE_ARRAY", "BYTE_STREAM_SPLIT"],
    "bool": ["PLAIN", "RLE"],
}


def write_all(folder):
    tables = {}
    for nulls in (True, False):
        tables[f"scalars_{nulls}"] = pa.table(scalars(500, nulls))
        tables[f"nested_{nulls}"] = pa.table(nested(500, nulls))
    tables["no_rows"] = pa.table({**scalars(0, False), **nested(0, False)})
    for (name, table), codec, version in itertools.product(tables.items(), CODECS, ["1.0", "2.0"]):
        pq.write_table(table, os.path.join(folder, f"{name}_{codec}_{version}.parquet"), compression=codec, data_page_version=version, row_group_size=220, data_page_size=300, write_batch_size=16, write_page_checksum=codec == "snappy")
    for (column, encodings), version, nulls in itertools.product(ENCODINGS.items(), ["1.0", "2.0"], [True, False]):
        for encoding in encodings:
            table = pa.table({column: scalars(1_000, nulls)[column]})
            pq.write_table(table, os.path.join(folder, f"encoding_{column}_{encoding}_{version}_{nulls}.parquet"), use_dictionary=False, column_encoding={column: encoding}, data_page_version=version, data_page_size=2_000, write_batch_size=64)
    odd = pa.table({"ts": scalars(100, True)["ts_ns"], "x": pa.array([7] * 100)})
    pq.write_table(odd, os.path.join(folder, "int96.parquet"), use_deprecated_int96_timestamps=True)
    pq.write_table(pa.table(nested(500, True)), os.path.join(folder, "old_lists.parquet"), use_compliant_nested_type=False)
    pq.write_table(pa.table({"s": ["x" * 50_000] * 40, "n": list(range(40))}), os.path.join(folder, "long_values.parquet"), data_page_size=100_000)
    wide = pa.table({f"c{n}": [n, None, n] for n in range(2_000)})
    pq.write_table(wide, os.path.join(folder, "wide.parquet"))
    many = pa.table({"n": pa.array(range(200_000), pa.int32()), "null": pa.nulls(200_000), "word": pa.array(["abc"] * 200_000)})
    pq.write_table(many, os.path.join(folder, "many.parquet"))


def write_fixtures(folder):
    to = lambda name: os.path.join(folder, name)
    picked = scalars(6, True)
    for name in ["large_string", "dictionary", "int16", "uint16", "decimal18"]:
        del picked[name]
    picked["string"] = pa.array(["", None, 'quote " and \\', "日本語 😀", "line\nend", "\u2028"])
    table = pa.table(picked)
    pq.write_table(table, to("types.parquet"), compression="zstd", store_schema=False, write_statistics=False)
    pq.write_table(pa.table(nested(8, True)), to("nested.parquet"), compression="snappy", data_page_version="2.0", store_schema=False, write_statistics=False)
    small = pa.table({"id": pa.array(range(40), pa.int64()), "word": pa.array([None if n % 4 == 0 else f"w{n % 7}" for n in range(40)]), "list": pa.array([list(range(n % 3)) for n in range(40)])})
    for codec in CODECS:
        pq.write_table(small, to(f"small_{codec}.parquet"), compression=codec, row_group_size=15, write_page_checksum=codec == "gzip", store_schema=False, write_statistics=False)
    bad = pa.table({"x": pa.array([1.5, float("nan"), float("inf"), 2.0]), "s": pa.array([b"ok", b"ok", b"ok", b"\xff"])})
    schema = pa.schema([("x", pa.float64()), ("s", pa.string())])
    bytes_as_text = pa.Array.from_buffers(pa.string(), 4, bad["s"].chunk(0).buffers())
    pq.write_table(pa.Table.from_arrays([bad["x"], bytes_as_text], schema=schema), to("bad_values.parquet"), store_schema=False)
    pq.write_table(pa.table({"n": pa.array([2**53 + 1, 5], pa.int64())}), to("big.parquet"), store_schema=False)
    pq.write_table(pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["a", "a"]), to("twice.parquet"), store_schema=False)
    pq.write_table(pa.table({}), to("no_columns.parquet"))
    pq.write_table(pa.table({"a": pa.array([], pa.int32())}), to("no_rows.parquet"), store_schema=False)
    pq.write_table(pa.table({"id": pa.array(["a", "b"]), "word": pa.array(["x", "y"]), "list": pa.array([[1], [2]])}), to("other_type.parquet"), store_schema=False)
    encrypt(to)
    with_duckdb(to("duckdb.parquet"))


def with_duckdb(file):
    """These types are not in Arrow, or pyarrow writes them in another way."""
    import duckdb

    values = """INTERVAL '14 months 3 days 4.005 seconds' AS interval, '{"a": [1.0,  2]}'::JSON AS json, 'x'::ENUM('x', 'y') AS enum,
        '6ba7b810-9dad-11d1-80b4-00c04fd430c8'::UUID AS uuid, TIMETZ '01:02:03+02' AS time_utc, TIMESTAMP_NS '2024-01-01 00:00:00.123456789' AS ns,
        MAP {'a': 1} AS map, 'abc'::BLOB AS blob, {'x': [1, NULL]} AS struct, 200::UTINYINT AS byte"""
    nulls = ", ".join(["NULL"] * 10)
    duckdb.sql(f"COPY (SELECT {values} UNION ALL SELECT {nulls}) TO '{file}' (FORMAT parquet, COMPRESSION lz4_raw)")


def encrypt(to):
    import pyarrow.parquet.encryption as pe

    class Kms(pe.KmsClient):
        def __init__(self, config):
            pe.KmsClient.__init__(self)

        def wrap_key(self, key, master):
            import base64
            return base64.b64encode(key)

        def unwrap_key(self, wrapped, master):
            import base64
            return base64.b64decode(wrapped)

    factory = pe.CryptoFactory(Kms)
    table = pa.table({"open": [1, 2], "secret": ["a", "b"]})
    for name, plaintext in [("encrypted_footer.parquet", False), ("encrypted_column.parquet", True)]:
        config = pe.EncryptionConfiguration(footer_key="f", column_keys={"c": ["secret"]}, plaintext_footer=plaintext, double_wrapping=False)
        properties = factory.file_encryption_properties(pe.KmsConnectionConfig(), config)
        with pq.ParquetWriter(to(name), table.schema, encryption_properties=properties, store_schema=False) as writer:
            writer.write_table(table)


if __name__ == "__main__":
    if sys.argv[1] == "--fixtures":
        write_fixtures(sys.argv[2])
    else:
        write_all(sys.argv[1])
