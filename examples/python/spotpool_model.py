"""Makes a Python function a spotpool model: `spotpool_model.run(predict)`. Standard library only; ship it beside your model."""
import json
import os
import sys


def _error(exception):
    name = type(exception).__name__
    return {"code": str(getattr(exception, "code", name)), "message": str(exception) or name}


def run(predict, max_slice_items=None):
    """predict(items) gives one output per item, in order (a list or a generator); an exception object in the place of an
    item that failed. What it raises ends the model. What it prints goes to the log."""
    protocol = os.fdopen(os.dup(1), "w", encoding="utf-8", newline="\n")
    os.dup2(2, 1)  # prints, of C libraries and child processes too, must not mix with the answers
    sys.stdout = sys.stderr

    def say(**message):
        protocol.write(json.dumps(message, allow_nan=False) + "\n")
        protocol.flush()

    say(ready=True, maxSliceItems=max_slice_items)
    items = []
    for line in sys.stdin.buffer:
        message = json.loads(line)
        if "flush" not in message:
            items.append(message)
            continue
        outputs = predict([item["item"] for item in items])
        if hasattr(outputs, "__len__") and len(outputs) != len(items):
            raise ValueError(f"predict was given {len(items)} items and gave {len(outputs)} outputs")
        for item, output in zip(items, outputs, strict=True):
            try:
                if isinstance(output, Exception):
                    raise output
                say(index=item["index"], output=output)
            except Exception as exception:  # also an output that is not JSON
                say(index=item["index"], error=_error(exception))
        items = []
