"""The ways of the literature to do many tasks in Python: one after another, in processes, in threads, with asyncio.

It gets its setup as JSON in a file, and prints one line of JSON. Lanes are started, and have loaded their modules, before the clock starts.
"""
import asyncio
import json
import multiprocessing
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

local = threading.local()


def download(url):
    import requests

    if not hasattr(local, "session"):
        local.session = requests.Session()
    start = time.perf_counter()
    answer = local.session.get(url)
    answer.raise_for_status()
    return len(answer.content), (time.perf_counter() - start) * 1000


def train(seed):
    import trees

    if trees.table is None:
        trees.load()
    done = trees.timed(seed)
    return done["value"], done["endMs"] - done["startMs"]


TASKS = {"download": download, "trees": train}


def ready(barrier):
    """Holds each lane until all of them are here, so that none gets the work of another."""
    barrier.wait()


def warm(task, item, times):
    for _ in range(times):
        TASKS[task](item)


def passes_of(setup, run):
    """Runs all passes. Returns the time of each, and what the tasks returned."""
    walls, done = [], []
    for _ in range(setup["passes"]):
        start = time.perf_counter()
        done.extend(run(setup["items"]))
        walls.append((time.perf_counter() - start) * 1000)
    return walls, done


def serial(setup):
    task = TASKS[setup["task"]]
    warm(setup["task"], setup["items"][0], setup["warmUp"])
    return passes_of(setup, lambda items: list(map(task, items)))


def threads(setup):
    width = setup["width"]
    task = TASKS[setup["task"]]
    # A thread imports what another has imported already.
    warm(setup["task"], setup["items"][0], 1)
    with ThreadPoolExecutor(width) as pool:
        barrier = threading.Barrier(width)
        for started in [pool.submit(ready, barrier) for _ in range(width)]:
            started.result()
        for warmed in [pool.submit(warm, setup["task"], setup["items"][0], setup["warmUp"]) for _ in range(width)]:
            warmed.result()
        return passes_of(setup, lambda items: list(pool.map(task, items)))


def start_process(task, item, times, barrier):
    warm(task, item, times)
    barrier.wait()


def processes(setup):
    width = setup["width"]
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(width + 1)
    begin = (setup["task"], setup["items"][0], max(1, setup["warmUp"]), barrier)
    with context.Pool(width, start_process, begin) as pool:
        barrier.wait()
        return passes_of(setup, lambda items: pool.map(TASKS[setup["task"]], items, chunksize=1))


def with_asyncio(setup):
    return asyncio.run(all_at_once(setup))


async def all_at_once(setup):
    import aiohttp

    walls, done = [], []
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=setup["width"])) as session:

        async def fetch(url):
            start = time.perf_counter()
            async with session.get(url) as answer:
                answer.raise_for_status()
                return len(await answer.read()), (time.perf_counter() - start) * 1000

        await fetch(setup["items"][0])
        for _ in range(setup["passes"]):
            start = time.perf_counter()
            done.extend(await asyncio.gather(*map(fetch, setup["items"])))
            walls.append((time.perf_counter() - start) * 1000)
    return walls, done


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        setup = json.load(file)
    sys.path[:0] = [setup["models"]]
    ways = {"serial": serial, "threads": threads, "processes": processes, "asyncio": with_asyncio}
    walls, done = ways[setup["way"]](setup)
    print(json.dumps({"wallMs": walls, "itemMs": [ms for _, ms in done], "value": sum(value for value, _ in done)}))


if __name__ == "__main__":
    main()
