"""The line by which a model says that it is loaded."""
import json


def say_ready(model, channel, most_slices):
    """Say that the model is loaded, and what it can take."""
    limits = {"maxSliceItems": model.max_slice_items, "maxConcurrency": most_slices}
    named = {name: limit for name, limit in limits.items() if limit is not None}
    channel.write(json.dumps({"ready": True, **named, "ahead": True}) + "\n")
