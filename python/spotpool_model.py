"""Run a Python function as a model that is a command: `spotpool_model.run(predict)`.

The worker puts this file on the path of every model, so that nothing has to be copied. It needs Python 3.9 or newer and the standard
library. A file that is named as the model itself (`--model ./model.py`) needs no import at all: its `predict` is enough.
"""
from spotpool_host import host
from spotpool_host.channel import channel_of_command, prepare_log
from spotpool_host.model import Model, given_to_run
from spotpool_host.serve import serve


def run(predict, max_slice_items=None, threads=1, batch_size=None):
    """Answer items until there are no more.

    predict(items) returns a list, an array, a frame or a generator with one output per item, in order. An exception object in the
    place of an output fails that item. An exception that predict raises ends the model. Printed text goes to the job's log.

    With threads > 1, predict is called for several slices at the same time. Use this only for a model that waits for a network
    or a disk, and that is safe to call from several threads. An `async def predict` is called for several slices in one event loop.

    `batch_size` is how many items a call gets. A call that runs out of memory halves it from then on.

    Arrays and numbers of numpy, torch and array.array become JSON lists and numbers; so do frames, dataclasses and pydantic models. An
    output that JSON cannot express (NaN, a set, a date) fails its item. In a job with `--nan null`, NaN and the infinities become null.
    """
    threads = None if threads == 1 else threads
    model = Model(predict, threads=threads, batch_size=batch_size, max_slice_items=max_slice_items)
    if host.is_running:
        given_to_run.append(model)
        return
    channel = channel_of_command()
    prepare_log()
    serve(model, channel)
