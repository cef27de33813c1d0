"""Serve slices with an asynchronous model: several at once in one event loop."""
import asyncio
import inspect
import os
import threading

from spotpool_host.calls import Answers, CallSize, OutOfMemory
from spotpool_host.errors import end_process
from spotpool_host.outputs import outputs_of, wrong_number
from spotpool_host.ready import say_ready


def serve_async(model, channel):
    """Load the model and answer slices until the worker closes the channel."""
    asyncio.run(_Server(model, channel).run())
    # What the model has left running, such as a thread of an executor, must not keep the process.
    os._exit(0)


class _Server:
    def __init__(self, model, channel):
        self._model = model
        self._channel = channel
        self._answers = Answers(channel)
        self._size = CallSize(model.batch_size, channel.event)
        self._running = set()

    async def run(self):
        if self._model.load is not None:
            await self._load()
        say_ready(self._model, self._channel, self._model.threads)
        slices = self._read()
        while True:
            slice_ = await slices.get()
            if slice_ is None:
                break
            if slice_.after and self._running:
                await asyncio.wait(self._running)
            task = asyncio.ensure_future(self._answer(slice_))
            self._running.add(task)
            task.add_done_callback(self._running.discard)

    async def _load(self):
        try:
            loaded = self._model.load()
            if inspect.isawaitable(loaded):
                await loaded
        except BaseException as exception:
            end_process("load", exception, self._model.load)

    def _read(self):
        """Read slices in a thread, because reading waits."""
        loop, slices = asyncio.get_running_loop(), asyncio.Queue()

        def read():
            try:
                for slice_ in self._channel.slices():
                    loop.call_soon_threadsafe(slices.put_nowait, slice_)
                loop.call_soon_threadsafe(slices.put_nowait, None)
            except BaseException as exception:  # such as too little memory for a slice
                end_process("The reader of items", exception)

        threading.Thread(target=read, daemon=True).start()
        return slices

    async def _answer(self, slice_):
        try:
            indexes, items = self._answers.readable(slice_)
            at = 0
            while at < len(items):
                end = at + self._size.of(len(items) - at)
                at += await self._call(indexes[at:end], items[at:end])
        except BaseException as exception:  # a task that ended by it would leave its slice unanswered for ever
            end_process(self._model.name, exception, self._model.predict)

    async def _call(self, indexes, items):
        """Call predict once. Return how many of its items are answered."""
        answered = 0
        try:
            given = self._model.predict(items)
            if inspect.isasyncgen(given):
                async for output in _exactly(given, len(items)):
                    await self._one(indexes[answered], output)
                    answered += 1
                return answered
            await self._all(indexes, outputs_of(await given, len(items)))
            return len(items)
        except BaseException as exception:
            if not OutOfMemory.is_cause(exception):
                end_process(self._model.name, exception, self._model.predict)
            trouble = OutOfMemory(exception, answered)
        return trouble.handle(indexes, self._size, self._answers)

    async def _all(self, indexes, outputs):
        outputs = list(outputs)
        if any(inspect.isawaitable(output) for output in outputs):
            await asyncio.gather(*(self._one(index, output) for index, output in zip(indexes, outputs)))
        else:
            self._answers.many(indexes, outputs)

    async def _one(self, index, output):
        """Answer an item when its output is there. An exception in its place fails the item alone."""
        if inspect.isawaitable(output):
            try:
                output = await output
            except Exception as exception:
                output = exception
            except asyncio.CancelledError as exception:
                if not (asyncio.isfuture(output) and output.cancelled()):
                    raise  # the slice itself was cancelled
                output = exception
        self._answers.one(index, output)


async def _exactly(outputs, count):
    """Yield as many outputs as there are items, the last one only when it is certain that no other follows it."""
    number, last = 0, None
    async for output in outputs:
        number += 1
        if number > count:
            raise wrong_number(count, f"more than {count}")
        if number == count:
            last = output
        else:
            yield output
    if number < count:
        raise wrong_number(count, number)
    yield last
