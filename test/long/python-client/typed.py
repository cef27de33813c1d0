"""A caller's program, for the type checker."""

from typing import Any, Dict, List

import spotpool

job: spotpool.Job = spotpool.run([1, 2], model="model.py", local=True, max_workers=2, env={"A": "1"}, only="ok", out="x.csv")
lines: List[Dict[str, Any]] = list(job.iter_results(with_input=True))
names: List[str] = [found.id for found in spotpool.jobs(state="complete", limit=3)]
spotpool.submit("data.csv", model="model.py", max_workers="two")  # error
job.wait(timeout="soon")  # error
