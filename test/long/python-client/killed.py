"""Submits a job that takes a while, and is killed."""

import os
import pathlib
import signal

import spotpool

pathlib.Path("slow.py").write_text(
    "import time\n\n\ndef predict(items):\n    for item in items:\n        time.sleep(0.05)\n        yield item + 1\n", encoding="utf-8"
)
job = spotpool.submit(range(100), model="slow.py", local=True, batch_size=10, no_try=True)
print(job.id, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
