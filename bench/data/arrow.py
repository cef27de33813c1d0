"""What people write with pyarrow instead. `arrow.py in FILE.parquet OUT.jsonl` makes JSON Lines of a table; `arrow.py out FILE.jsonl OUT.parquet` makes a table of
results; `arrow.py peak COMMAND …` runs a command and prints its peak memory in kilobytes."""
import json
import resource
import subprocess
import sys

import pyarrow.json as pj
import pyarrow.parquet as pq


def rows_in(source, target):
    with open(target, "w", encoding="utf-8") as lines:
        for batch in pq.ParquetFile(source).iter_batches():
            for row in batch.to_pylist():
                lines.write(json.dumps(row, default=str) + "\n")


def rows_out(source, target):
    with pj.open_json(source) as batches, pq.ParquetWriter(target, batches.schema, compression="snappy") as table:
        for batch in batches:
            table.write_batch(batch)


if __name__ == "__main__":
    doing, *arguments = sys.argv[1:]
    if doing == "peak":
        subprocess.run(arguments, check=True)
        print("peak", resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
    else:
        {"in": rows_in, "out": rows_out}[doing](*arguments)
