"""The errors that programs tell apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Mapping, Optional

if TYPE_CHECKING:
    from ._job import Job


class SpotpoolError(Exception):
    """Something went wrong. The text says what, where, and what to do.

    ``kind`` is the word by which the command line tells failures apart, such as ``job-not-found``.
    """

    def __init__(self, message: str, *, kind: str = "failed", hint: Optional[str] = None) -> None:
        super().__init__(message if hint is None else f"{message}\n{hint}")
        self.kind = kind
        self.hint = hint


class BadInput(SpotpoolError, ValueError):
    """The input cannot work. Nothing was started."""

    def __init__(self, message: str, *, kind: str = "misuse", hint: Optional[str] = None) -> None:
        super().__init__(message, kind=kind, hint=hint)


class JobNotFound(BadInput):
    """The stack has no such job, or not yet."""


class JobFailed(SpotpoolError):
    """The job failed, was cancelled, or gave batches up. What it has computed is in ``job.results()``."""

    def __init__(self, message: str, *, job: Job) -> None:
        super().__init__(message, kind="job-failed")
        self.job = job


class TooManyFailed(JobFailed):
    """More items failed than ``max_failed`` allows. Without ``max_failed``: items failed, and none is ok."""


class SpotpoolWarning(UserWarning):
    """Something that the command line has warned of. The job goes on."""


def error_from(described: Mapping[str, Any], exit_code: int) -> SpotpoolError:
    """Makes the exception of an error that the command line has printed as an object."""
    message = str(described.get("message", "The command failed and did not say why."))
    hint = described.get("hint")
    kind = str(described.get("kind", "failed"))
    if kind == "stack-not-found" and hint is None:
        hint = "In Python, name it with local=True or stack='cdk-outputs.json'."
    if kind == "job-not-found":
        return JobNotFound(message, kind=kind, hint=None if hint is None else str(hint))
    of_class = BadInput if exit_code == EXIT_MISUSE else SpotpoolError
    return of_class(message, kind=kind, hint=None if hint is None else str(hint))


EXIT_MISUSE = 2
