"""Downloads a URL with requests. It waits for each one, as most people write it."""
import os
import time

import requests

session = requests.Session()


def predict(urls):
    for url in urls:
        start = time.time() * 1000
        answer = session.get(url)
        answer.raise_for_status()
        yield {"value": len(answer.content), "startMs": start, "endMs": time.time() * 1000, "pid": os.getpid()}
