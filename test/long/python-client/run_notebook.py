"""Executes a notebook, writes it with its outputs, and prints the text of the last output of each cell by the cell's id."""

import json
import sys

import nbclient
import nbformat

source, folder, target = sys.argv[1:]
notebook = nbformat.read(source, as_version=4)
nbclient.NotebookClient(notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": folder}}).execute()
nbformat.write(notebook, target)


def text_of(output):
    data = output.get("data", {})
    return data.get("text/html") or data.get("text/plain") or output.get("text", "")


print(json.dumps({cell["id"]: [text_of(output) for output in cell.get("outputs", [])] for cell in notebook.cells}))
