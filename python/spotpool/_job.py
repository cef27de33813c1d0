"""A job: what one submission computes. It has a state, results, and a record."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Dict, Iterator, List, Mapping, Optional, Sequence, Union

from ._arguments import arguments
from ._card import job_card, jobs_table
from ._errors import BadInput, JobFailed, SpotpoolError, TooManyFailed
from ._items import PathLike
from ._local import Stack
from ._options import RERUN_OPTIONS, RESULTS_OPTIONS
from ._process import Event, Outcome, run_command
from ._progress import ENDED, Progress, Wish, progress_for
from ._results import Line, frame_of, lines_of, table_of, write
from ._signature import with_options

if TYPE_CHECKING:
    from typing_extensions import Literal, Unpack

    from ._options import RerunOptions, ResultsOptions

_TOO_MANY_FAILED = 3

#: Another program's local cloud may end while this one waits. Then this program starts its own, in which the job goes on.
_WAITS_AGAIN = 3
_CLOUD_IS_GONE = frozenset({"stack-unreachable", "stack-not-found"})


class Job:
    """A job by its id. ``run`` and ``submit`` return one, and ``job`` finds one again."""

    def __init__(self, id: str, stack: Stack, status: Optional[Event] = None) -> None:
        self.id = id
        self._stack = stack
        self._status = status

    def status(self) -> Event:
        """Returns the job's state, its items and batches, and its fleet: the object of ``spotpool status --json``."""
        self._status = self._ask("status")
        return self._status

    @property
    def state(self) -> str:
        """``submitting``, ``running``, ``complete``, ``cancelled`` or ``failed``."""
        return str(self._current()["state"])

    @property
    def has_ended(self) -> bool:
        return self.state in ENDED

    def wait(self, timeout: Optional[float] = None, *, progress: Wish = "auto") -> Job:
        """Waits for the end of the job and returns it.

        Raises JobFailed or TooManyFailed when it does not end well, and TimeoutError after ``timeout`` seconds. Ctrl-C, a TimeoutError and the
        end of the program leave the job running.
        """
        return self._wait(progress_for(progress), timeout)

    def _wait(self, shown: Progress, timeout: Optional[float] = None) -> Job:
        deadline = None if timeout is None else time.monotonic() + timeout
        shown.known["job"] = self.id
        try:
            for _ in range(_WAITS_AGAIN):
                left = None if deadline is None else max(0.0, deadline - time.monotonic())
                outcome = run_command(self._command("watch"), on_event=shown.update, timeout=left)
                if not self._has_lost_cloud(outcome):
                    break
            return self._judged(outcome)
        except TimeoutError:
            raise TimeoutError(f"Job {self.id} has not ended after {timeout:g} s. It goes on.") from None
        except KeyboardInterrupt:
            state = shown.known.get("state")
            standing = f"is {state}. To find it again: {self._call()}" if state in ENDED else f"goes on. To wait for it again: {self._call()}.wait()"
            shown.say(f"Job {self.id} {standing}")
            raise
        finally:
            shown.close()

    def _call(self) -> str:
        """Returns the expression that finds this job again."""
        where = ", local=True" if self._stack.local else "" if self._stack.file is None else f", stack={self._stack.file!r}"
        return f"spotpool.job({self.id!r}{where})"

    def _has_lost_cloud(self, outcome: Outcome) -> bool:
        error = (outcome.last or {}).get("error")
        return self._stack.local and isinstance(error, dict) and error.get("kind") in _CLOUD_IS_GONE

    def _judged(self, outcome: Outcome) -> Job:
        last = outcome.last
        if last is None or "error" in last or last.get("job") != self.id:
            raise outcome.error()
        self._status = last
        if outcome.exit_code == 0:
            return self
        items = last.get("items") or {}
        if outcome.exit_code == _TOO_MANY_FAILED:
            failed = f"{items.get('failed', 0):,} of the {items.get('total', 0):,} items of job {self.id} failed."
            raise TooManyFailed(f"{failed} job.errors() counts them by error code, and job.results() has them all.", job=self)
        if last.get("state") not in ENDED:
            raise outcome.error()
        given_up = (last.get("batches") or {}).get("failed", 0)
        reason = last.get("reason") or (f"{given_up:,} of its batches were given up. job.errors() says why." if given_up else "It has no reason.")
        raise JobFailed(f"Job {self.id} is {last['state']}: {reason}", job=self)

    @with_options(RESULTS_OPTIONS)
    def results(
        self, as_: Literal["list", "pandas", "arrow"] = "list", **options: Unpack[ResultsOptions]
    ) -> Any:
        """Returns the results, one for each item, in the order of the dataset.

        - ``list``: a dictionary for each item, as ``{"index": 0, "ok": True, "output": …}`` or ``{"index": 1, "ok": False, "error": {"code": …,
          "message": …}}``.
        - ``pandas``: a DataFrame with a row for each item. Each field of the outputs is a column.
        - ``arrow``: an Arrow table, in which the outputs are a struct.

        ``only="ok"`` or ``"failed"`` chooses items, and ``with_input=True`` adds the item to each result. ``partial=True`` gives what a running job
        has so far.
        """
        if as_ == "list":
            return list(self.iter_results(**options))
        if as_ == "pandas":
            return frame_of(self.iter_results(**options))
        if as_ == "arrow":
            self._require_end(options)
            return table_of(self._results_command(options))
        raise BadInput(f"as_={as_!r}: it must be 'list', 'pandas' or 'arrow'.")

    def iter_results(self, **options: Unpack[ResultsOptions]) -> Iterator[Line]:
        """Yields the results one by one, so that they need not fit into memory."""
        self._require_end(options)
        return lines_of(self._results_command(options))

    def save(self, out: PathLike, **options: Unpack[ResultsOptions]) -> Event:
        """Writes the results to a file (.jsonl, .csv, .parquet, also with .gz), a folder that ends in '/', or s3://bucket/prefix/."""
        return write(self._results_command(options), os.fspath(out))

    def _require_end(self, options: Mapping[str, Any]) -> None:
        """Half of the results must never be taken for all of them."""
        if options.get("partial") or self._current()["state"] in ENDED:
            return
        raise SpotpoolError(
            f"Job {self.id} has not ended (it is {self._current()['state']}). Wait for it with wait(), or ask for what it has so far with partial=True.",
            kind="job-not-ended",
        )

    def _results_command(self, options: Mapping[str, Any]) -> List[str]:
        return self._command("results", arguments(options, RESULTS_OPTIONS, "results()"))

    def errors(self) -> List[Event]:
        """Counts the failed items by error code, the most frequent first, with the first item of each code."""
        return list(self._ask("errors", ["--all"])["codes"])

    def cancel(self) -> None:
        """Stops the job. Its finished results are kept."""
        self._status = self._ask("cancel")

    @with_options(RERUN_OPTIONS)
    def rerun(
        self,
        model: Optional[PathLike] = None,
        *,
        items: Optional[Union[str, int, Sequence[int]]] = None,
        wait: bool = True,
        progress: Wish = "auto",
        **options: Unpack[RerunOptions],
    ) -> Optional[Job]:
        """Computes items again, in a job of its own: those that failed, or those that ``code=`` or ``items=`` choose.

        Their new results show through this job. Returns ``None`` when there is nothing to compute again.
        """
        words = arguments(options, RERUN_OPTIONS, "rerun()")
        if model is not None:
            words.append(f"--model={os.fspath(model)}")
        if items is not None:
            words.append(f"--items={items if isinstance(items, (str, int)) else ','.join(map(str, items))}")
        answer = self._ask("rerun", ["--no-follow", *words])
        if "job" not in answer:
            return None
        rerun = Job(str(answer["job"]), self._stack)
        return rerun.wait(progress=progress) if wait else rerun

    @property
    def record(self) -> Event:
        """Everything that can be said of the job: data and code, course, errors, pace, instances, waste and cost."""
        return run_command(self._command("show"), is_document=True).answer()

    def report(self, path: Optional[PathLike] = None, *, force: bool = False) -> Path:
        """Writes the report of the job as an HTML file, and returns its path."""
        target = Path(f"{self.id}.html" if path is None else path)
        self._ask("report", [f"--out={target}", *(["--force"] if force else [])])
        return target

    def remove(self) -> None:
        """Deletes the dataset, the results and all else that the stack holds of a job that is over."""
        self._ask("rm", ["--yes"])

    def _current(self) -> Event:
        """Returns what is known of a job that has ended, and asks about any other."""
        if self._status is not None and self._status.get("state") in ENDED:
            return self._status
        return self.status()

    def _command(self, name: str, words: Sequence[str] = ()) -> List[str]:
        return [name, self.id, *self._stack.arguments(), *words]

    def _ask(self, name: str, words: Sequence[str] = ()) -> Event:
        return run_command(self._command(name, words)).answer()

    def __repr__(self) -> str:
        state = (self._status or {}).get("state")
        return f"<Job {self.id}{'' if state is None else f', {state}'}>"

    def _repr_html_(self) -> str:
        try:
            known: Dict[str, Any] = self._current()
        except SpotpoolError:
            known = {"job": self.id, **(self._status or {})}  # A cell shows the job although its stack does not answer.
        return job_card(known, self._place())

    def _place(self) -> str:
        if self._stack.local:
            return "the local cloud of this machine"
        return self._stack.file or "the stack of cdk-outputs.json"


class Jobs(List[Job]):
    """A list of jobs. A notebook shows it as a table."""

    def _repr_html_(self) -> str:
        return jobs_table(job._status or {"job": job.id} for job in self)
