"""Finds the job that another program has submitted, and waits for its end."""

import sys

import spotpool

job = spotpool.job(sys.argv[1], local=True).wait()
print(job.state, sum(result["output"] for result in job.iter_results()))
