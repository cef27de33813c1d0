"""The functions of the package."""

from __future__ import annotations

import os
import warnings
from typing import TYPE_CHECKING, Any, Dict, List, Optional

from ._arguments import Options, arguments
from ._errors import BadInput, JobFailed, SpotpoolWarning
from ._items import PathLike, as_dataset
from ._job import Job, Jobs
from ._local import Stack, stack_of
from ._options import JOBS_OPTIONS, RESULTS_OPTIONS, SUBMIT_OPTIONS
from ._process import run_command
from ._progress import Progress, Wish, progress_for
from ._signature import with_options

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from ._options import JobsOptions, RunOptions, SubmitOptions

#: The command line compiles these with a program that the wheel does not bring.
_COMPILED = (".ts", ".mts", ".cts", ".js", ".mjs", ".cjs")

_RUN_OPTIONS: Options = {**SUBMIT_OPTIONS, **RESULTS_OPTIONS}


@with_options(_RUN_OPTIONS)
def run(
    items: Any,
    model: PathLike,
    *,
    local: bool = False,
    stack: Optional[PathLike] = None,
    out: Optional[PathLike] = None,
    progress: Wish = "auto",
    **options: Unpack[RunOptions],
) -> Job:
    """Runs a model over a dataset, and returns the job when it has ended.

    ``items`` is the path of a file or folder, a glob or an s3:// address; or a list or iterator of JSON values, a pandas DataFrame, or an Arrow
    table. ``model`` is the path of a Python file with ``predict(items)``, such as ``"model.py"`` or ``"model.py:Scorer"``, or a command.

    With ``local=True`` the job runs on this machine. Otherwise it runs on the stack of ``stack``, the outputs file of a deploy, or on the one
    that ``cdk-outputs.json`` in the working directory names. ``out`` writes the results to a file, too.

    Raises BadInput before anything is started, and JobFailed or TooManyFailed when the job does not end well. Ctrl-C leaves the job running.
    """
    of_results: Any = {name: value for name, value in options.items() if name in RESULTS_OPTIONS}
    if out is None and of_results:
        raise BadInput(f"{next(iter(of_results))}= says how out= is written. Name a file with out=, or give it to job.results().")
    of_job = {name: value for name, value in options.items() if name not in of_results}
    if out is not None:
        _check_out(os.fspath(out), of_results)
    shown = progress_for(progress)
    job = _submit(items, model, stack_of(local, stack), of_job, "run()", shown)
    try:
        job._wait(shown)
    except JobFailed:
        # A job that failed has results, too.
        if out is not None:
            job.save(out, **of_results)
        raise
    if out is not None:
        job.save(out, **of_results)
    return job


def _check_out(out: str, options: Dict[str, Any]) -> None:
    """Refuses a file that the command line would not replace at the end."""
    if os.path.isfile(out) and not os.path.exists(f"{out}.meta.json") and not options.get("force"):
        raise BadInput(f"The file {out} exists, and spotpool did not write it. Name another file with out=, or replace it with force=True.")


@with_options(SUBMIT_OPTIONS)
def submit(
    items: Any,
    model: PathLike,
    *,
    local: bool = False,
    stack: Optional[PathLike] = None,
    **options: Unpack[SubmitOptions],
) -> Job:
    """Submits a job and returns at once. ``run`` says what the parameters are."""
    return _submit(items, model, stack_of(local, stack), dict(options), "submit()", progress_for(False))


def _submit(items: Any, model: Any, stack: Stack, options: Dict[str, Any], call: str, shown: Progress) -> Job:
    words = [f"--model={_model(model)}", *arguments(options, SUBMIT_OPTIONS, call)]
    with as_dataset(items) as dataset:
        if dataset.feed is not None and options.get("format") is not None:
            raise BadInput("format= is for files. The items of a program are JSON values, so leave it out.")
        shown.say("The job is being submitted…")
        try:
            command = ["submit", *dataset.arguments, *stack.arguments(), *words]
            outcome = run_command(command, feed=dataset.feed)
            answer = outcome.answer()
        except BaseException:
            shown.say("The submission has stopped.")
            shown.close()
            raise
    if outcome.said.strip():
        warnings.warn(outcome.said.strip(), SpotpoolWarning, stacklevel=3)
    return Job(str(answer["job"]), stack)


def _model(model: Any) -> str:
    if not isinstance(model, (str, os.PathLike)):
        raise BadInput(
            f"The model is a {type(model).__name__}, and must be the path of a file, because instances elsewhere run it. "
            "In a notebook, put '%%writefile model.py' above the cell with predict(items), and give model='model.py'."
        )
    path = os.fspath(model)
    if path.endswith(_COMPILED):
        raise BadInput(
            f"The model {path} is a module, which the Python package brings no compiler for. "
            "Put JavaScript into a folder of its own, which is shipped as it is, and name the folder. For TypeScript there is the npm package."
        )
    return path


def job(id: str, *, local: bool = False, stack: Optional[PathLike] = None) -> Job:
    """Finds a job by its id."""
    found = Job(id, stack_of(local, stack))
    found.status()
    return found


@with_options(JOBS_OPTIONS)
def jobs(*, local: bool = False, stack: Optional[PathLike] = None, **options: Unpack[JobsOptions]) -> Jobs:
    """Lists the jobs of a stack, the newest first."""
    of = stack_of(local, stack)
    words: List[str] = arguments(options, JOBS_OPTIONS, "jobs()")
    answer = run_command(["jobs", *of.arguments(), *words]).answer()
    return Jobs(Job(str(status["job"]), of, status) for status in answer["jobs"])
