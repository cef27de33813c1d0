"""Reads files with Python's own readers, for comparison. Prints one JSON object: the readings of each file, by its name.

A reading of CSV is its rows. A reading of JSON Lines has for each line that is not blank `["ok", value]` or `["bad"]`.
"""
import csv
import json
import pathlib
import sys


def refuse(word):
    raise ValueError(word)


def line_reading(line):
    try:
        return ["ok", json.dumps(json.loads(line, parse_constant=refuse), sort_keys=True)]
    except (ValueError, RecursionError):
        return ["bad"]


def reading(path):
    if path.suffix == ".csv":
        with path.open(newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))
    lines = path.read_bytes().decode("utf-8").split("\n")
    return [line_reading(line) for line in lines if line.strip(" \t\r") != ""]


def normal(lines):
    return [line_reading(line) if line is not None else ["bad"] for line in lines]


if sys.argv[1] == "read":
    print(json.dumps({path.name: reading(path) for path in sorted(pathlib.Path(sys.argv[2]).iterdir())}))
elif sys.argv[1] == "normal":
    print(json.dumps({name: normal(lines) for name, lines in json.load(sys.stdin).items()}))
else:
    strings = json.loads(pathlib.Path(sys.argv[2]).read_text(encoding="utf-8"))
    folder = pathlib.Path(sys.argv[3])
    with (folder / "naughty.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["n", "text"])
        writer.writerows(enumerate(strings))
    for name, escaped in (("plain", False), ("escaped", True)):
        with (folder / f"{name}.jsonl").open("w", encoding="utf-8", newline="\n") as file:
            file.writelines(json.dumps(text, ensure_ascii=escaped) + "\n" for text in strings)
