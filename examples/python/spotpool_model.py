"""Makes a Python function a spotpool model: `spotpool_model.run(predict)`. Standard library only; ship it beside your model."""
import json
import os
import sys
import threading
import traceback
from concurrent.futures import ThreadPoolExecutor


def _error(exception):
    name = type(exception).__name__
    return {"code": str(getattr(exception, "code", name)), "message": str(exception) or name}


def run(predict, max_slice_items=None, threads=1):
    """predict(items) gives one output per item, in order (a list or a generator); an exception object in the place of an
    item that failed. What it raises ends the model. What it prints goes to the log. With several threads it is called for
    several slices at once: for models that wait for a network or a disk, and are safe to call so."""
    protocol = os.fdopen(os.dup(1), "w", encoding="utf-8", newline="\n")
    os.dup2(2, 1)  # prints, of C libraries and child processes too, must not mix with the answers
    sys.stdout = sys.stderr
    one_at_a_time = threading.Lock()

    def say(**message):
        line = json.dumps(message, allow_nan=False) + "\n"
        with one_at_a_time:
            protocol.write(line)
            protocol.flush()

    def answer(items):
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

    def answer_or_end(items):
        try:
            answer(items)
        except BaseException:  # nobody else would hear of it in a thread
            traceback.print_exc()
            os._exit(1)

    pool = ThreadPoolExecutor(threads)
    # One thread answers a slice before it reads the next: that one may be sent ahead.
    say(ready=True, maxSliceItems=max_slice_items, maxConcurrency=threads, ahead=threads == 1)
    items = []
    for line in sys.stdin.buffer:
        message = json.loads(line)
        if "flush" not in message:
            items.append(message)
            continue
        if threads == 1:
            answer(items)
        else:
            pool.submit(answer_or_end, items)
        items = []
