"""Compares a results file in Parquet with the same results in JSON Lines, as pyarrow and DuckDB read it. Usage: written.py FILE.parquet FILE.jsonl"""
import json
import sys

import duckdb
import pyarrow.parquet as pq


def fits(wanted, found):
    """A struct has every member of its column. A value that fits no type is a JSON text."""
    if isinstance(found, str) and not isinstance(wanted, str):
        return json.loads(found) == wanted
    if isinstance(wanted, dict):
        return isinstance(found, dict) and all(fits(wanted.get(name), value) for name, value in found.items()) and set(wanted) <= set(found)
    if isinstance(wanted, list):
        return isinstance(found, list) and len(wanted) == len(found) and all(map(fits, wanted, found))
    if isinstance(wanted, bool) or wanted is None:
        return found is wanted
    return found == wanted or (isinstance(found, str) and json.loads(found) == wanted)


lines = [json.loads(line) for line in open(sys.argv[2], encoding="utf-8")]
table = pq.read_table(sys.argv[1])
relation = duckdb.sql(f"SELECT * FROM read_parquet('{sys.argv[1]}') ORDER BY index")
duck = [dict(zip(relation.columns, row)) for row in relation.fetchall()]
for reader, rows in (("pyarrow", table.to_pylist()), ("DuckDB", duck)):
    if len(rows) != len(lines):
        raise SystemExit(f"{reader} reads {len(rows)} rows of {len(lines)}")
    for line, row in zip(lines, rows):
        for name, value in row.items():
            if not fits(line.get(name), value):
                raise SystemExit(f"{reader}, row {line['index']}, {name}: {value!r} was {line.get(name)!r}")
print(table.schema.to_string(show_field_metadata=False))
