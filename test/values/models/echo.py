"""Gives each item as it is; of an object its key and the value that is in it."""
import json
import os


def value_of(item):
    with open(item["path"], encoding="utf-8") as file:
        try:
            return [item["key"], json.load(file)]
        except RecursionError as error:
            return error


def predict(items):
    return items if "OBJECTS" not in os.environ else [value_of(item) for item in items]
