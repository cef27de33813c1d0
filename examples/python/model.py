"""Score how positive a review is: the words' weights are summed, and the sum becomes a number from 0 to 1.

Run it: npx spotpool run reviews.jsonl --model ./model.py --weights weights.json --local
"""
import json
import os
from pathlib import Path

import numpy
import regex

batch_size = 256  # the most items that predict gets at once

WORD = regex.compile(r"\p{L}+")
vocabulary = {}
weights = numpy.zeros(0)


def load():
    """Read the weights. spotpool calls this once in each process, before the first items."""
    global vocabulary, weights
    # Instances have the files of --weights in this folder. In a plain Python session they are beside this file.
    folder = Path(os.environ.get("SPOTPOOL_WEIGHTS", Path(__file__).parent))
    words = json.loads((folder / "weights.json").read_text(encoding="utf-8"))
    vocabulary = {word: column for column, word in enumerate(words)}
    weights = numpy.array(list(words.values()))


def predict(items):
    """Return one output for each item, in order. An exception in the place of an output fails that item alone."""
    counts = numpy.zeros((len(items), len(vocabulary)))
    outputs = [None] * len(items)
    for row, item in enumerate(items):
        words = WORD.findall(str(item.get("text", "")).lower())
        if not words:
            outputs[row] = ValueError("The review has no words.")
        for word in words:
            if word in vocabulary:
                counts[row, vocabulary[word]] += 1
    scores = 1 / (1 + numpy.exp(-counts @ weights))
    print(f"{len(items)} reviews")  # what a model prints goes to the job's log
    return [output or {"positive": score.round(3)} for output, score in zip(outputs, scores)]
