"""Serve slices with a model: one after another, several in threads, or several in one event loop.

Invariants:
- Each item is answered once. What predict gives as a list is answered together, what it yields is answered as it comes.
- A predict that raises, or that gives another number of outputs, ends the process, because its state can no longer be trusted.
- A slice with `after` begins when all slices before it have ended.
"""
import queue
import threading

from spotpool_host.calls import Answers, CallSize, OutOfMemory
from spotpool_host.errors import end_process
from spotpool_host.outputs import outputs_of
from spotpool_host.ready import say_ready


def serve(model, channel):
    """Load the model and answer slices until the worker closes the channel."""
    if model.is_async:
        from spotpool_host.serve_async import serve_async  # asyncio takes long to import

        return serve_async(model, channel)
    if model.load is not None:
        try:
            model.load()
        except BaseException as exception:
            end_process("load", exception, model.load)
    threads = model.threads or 1
    say_ready(model, channel, threads)
    caller = _Caller(model, channel)
    if threads == 1:
        for slice_ in channel.slices():
            caller.answer(slice_)
    else:
        _serve_in_threads(caller, channel, threads)
    return None


class _Caller:
    def __init__(self, model, channel):
        self._model = model
        self._answers = Answers(channel)
        self._size = CallSize(model.batch_size, channel.event)

    def answer(self, slice_):
        try:
            indexes, items = self._answers.readable(slice_)
            at = 0
            while at < len(items):
                end = at + self._size.of(len(items) - at)
                at += self._call(indexes[at:end], items[at:end])
        except BaseException as exception:  # a thread that ended by it would leave its slice unanswered for ever
            end_process(self._model.name, exception, self._model.predict)

    def _call(self, indexes, items):
        """Call predict once. Return how many of its items are answered."""
        answered = 0
        try:
            outputs = outputs_of(self._model.predict(items), len(items))
            if isinstance(outputs, (list, tuple)):
                self._answers.many(indexes, outputs)
                return len(items)
            for output, index in zip(outputs, indexes):
                self._answers.one(index, output)
                answered += 1
            return answered
        except BaseException as exception:
            if not OutOfMemory.is_cause(exception):
                end_process(self._model.name, exception, self._model.predict)
            trouble = OutOfMemory(exception, answered)
        return trouble.handle(indexes, self._size, self._answers)


def _serve_in_threads(caller, channel, threads):
    waiting = queue.SimpleQueue()
    unfinished = _Count()

    def work():
        while True:
            caller.answer(waiting.get())
            unfinished.add(-1)

    for _ in range(threads):
        threading.Thread(target=work, daemon=True).start()
    for slice_ in channel.slices():
        if slice_.after:
            unfinished.wait_for_none()
        unfinished.add(1)
        waiting.put(slice_)


class _Count:
    def __init__(self):
        self._number = 0
        self._changed = threading.Condition()

    def add(self, number):
        with self._changed:
            self._number += number
            self._changed.notify_all()

    def wait_for_none(self):
        with self._changed:
            self._changed.wait_for(lambda: self._number == 0)
