"""Run a model over a large dataset on AWS Spot capacity: cheaply, quickly, losing nothing."""

from __future__ import annotations

from ._api import job, jobs, run, submit
from ._errors import BadInput, JobFailed, JobNotFound, SpotpoolError, SpotpoolWarning, TooManyFailed
from ._items import paths
from ._job import Job, Jobs
from ._local import LocalCloud, local_cloud

__version__ = "0.5.0"

__all__ = [
    "BadInput",
    "Job",
    "JobFailed",
    "JobNotFound",
    "Jobs",
    "LocalCloud",
    "SpotpoolError",
    "SpotpoolWarning",
    "TooManyFailed",
    "job",
    "jobs",
    "local_cloud",
    "paths",
    "run",
    "submit",
]
