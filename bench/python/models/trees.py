"""Trains a regression tree on a table that each process builds in the same way. An item is the seed of the tree's sample."""
import os
import time

import numpy
from sklearn.tree import DecisionTreeRegressor

ROWS = int(os.environ.get("BENCH_ROWS", "100000"))
FEATURES = 6
MAX_DEPTH = 10

table = None


def load():
    global table
    numbers = numpy.random.default_rng(1)
    features = numbers.random((ROWS, FEATURES), dtype=numpy.float32)
    noise = numbers.random(ROWS)
    table = features, features[:, 0] * features[:, 1] + 100 * (features[:, 2] > 0.5) + noise


def train(seed):
    features, target = table
    sample = numpy.random.default_rng(seed + 2).integers(0, ROWS, ROWS)
    tree = DecisionTreeRegressor(max_depth=MAX_DEPTH, max_features=2, random_state=seed)
    tree.fit(features[sample], target[sample])
    return float(tree.tree_.value.sum())


def timed(seed):
    start = time.time() * 1000
    value = train(seed)
    return {"value": value, "startMs": start, "endMs": time.time() * 1000, "pid": os.getpid()}


def predict(seeds):
    for seed in seeds:
        yield timed(seed)
