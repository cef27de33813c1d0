"""Written by `npm run docs` from the options of the commands in runner/cli. Change them there."""

from __future__ import annotations

from typing import Dict, Literal, Mapping, Optional, Sequence, TypedDict, Union

from ._arguments import Option
from ._items import PathLike

SUBMIT_OPTIONS: Dict[str, Option] = {
    "files": Option("--files", "list", "Union[PathLike, Sequence[PathLike]]", "ship this directory, and start the command of --model in it; or ship this file or directory with a Python file (repeatable)"),
    "per_line": Option("--per-line", "switch", "bool", "use the command of --model as a filter, which reads a line for each item and prints a line for each"),
    "requirements": Option("--requirements", "value", "PathLike", "install the Python packages that this file names (requirements.txt, pyproject.toml) (default: the file beside a Python model)"),
    "wheels": Option("--wheels", "value", "Literal[\"bucket\", \"index\"]", "let instances get Python packages from the stack's bucket, or from the package index (default: the bucket, up to 500 MB)"),
    "weights": Option("--weights", "value", "PathLike", "ship this file or folder beside the model, or fetch it from s3://bucket/prefix/; each instance has it once, in the folder SPOTPOOL_WEIGHTS"),
    "setup": Option("--setup", "value", "str", "run this command once per instance in the model's directory, before the model first loads"),
    "ship": Option("--ship", "list", "Union[PathLike, Sequence[PathLike]]", "ship this path of the model's directory even if it looks like a secret or an ignore file hides it (repeatable)"),
    "follow_links": Option("--follow-links", "switch", "bool", "ship the targets of links that lead out of the model's directory, the weights or a folder of items"),
    "any_platform": Option("--any-platform", "switch", "bool", "ship native files for other machines than the fleet's too"),
    "columns": Option("--columns", "list", "Union[str, Sequence[str]]", "read only these columns of Parquet, in this order; commas separate them (repeatable)"),
    "sample": Option("--sample", "value", "int", "submit n items at random from all over the dataset, in its order"),
    "seed": Option("--seed", "value", "int", "take the sample of this seed; the same seed takes the same items (default: one that the id of the job gives)"),
    "limit": Option("--limit", "value", "int", "submit only the first n items"),
    "strict": Option("--strict", "switch", "bool", "refuse the dataset when a line cannot be read (default: such a line is a failed item)"),
    "format": Option("--format", "value", "Literal[\"jsonl\", \"json\", \"csv\", \"tsv\", \"text\", \"parquet\", \"files\"]", "read the dataset in this format (default: its first bytes and its name decide)"),
    "delimiter": Option("--delimiter", "value", "str", "separate the columns of a CSV file at this character, or at 'tab' (default: the first lines decide)"),
    "id_field": Option("--id-field", "value", "str", "take the id of each item from this field and write it into its result; dots reach into objects (default: custom_id, if every item has another one)"),
    "keep": Option("--keep", "list", "Union[str, Sequence[str]]", "write these fields of each item into its result; commas separate them, and dots reach into objects (repeatable)"),
    "big_integers": Option("--big-integers", "value", "Literal[\"keep\", \"string\"]", "with string, submit integers beyond 2^53 in JSON Lines as strings, because JavaScript's numbers cannot hold them (default: keep)"),
    "id": Option("--id", "value", "str", "give the job this id; the same id continues a submission that broke off, and the id of a job that has ended is refused with exit code 1"),
    "name": Option("--name", "value", "str", "give the job this name, which jobs and status show; it may be used again"),
    "batch_size": Option("--batch-size", "value", "Union[int, str]", "put this many items into a batch; auto chooses from the size of the dataset and the pace of the model, and makes the last batches smaller"),
    "no_try": Option("--no-try", "switch", "bool", "submit without trying the model on this machine first (also with SPOTPOOL_NO_TRY=1)"),
    "batch_bytes": Option("--batch-bytes", "value", "int", "limit a batch to this many bytes"),
    "max_workers": Option("--max-workers", "value", "int", "limit this job to this many instances (default: the stack's maximum)"),
    "slots": Option("--slots", "value", "Union[int, str]", "load this many models on each instance; auto measures how many keep every core busy and fit into memory"),
    "slots_per_gpu": Option("--slots-per-gpu", "value", "int", "load this many models on each GPU, instead of --slots (default: one, or more where memory and use of the GPU allow it)"),
    "concurrency": Option("--concurrency", "value", "Union[int, str]", "let a slot work on this many slices at once, for models that wait for I/O; auto measures it"),
    "max_attempts": Option("--max-attempts", "value", "int", "give a batch up after this many attempts (reclaims do not count)"),
    "item_timeout": Option("--item-timeout", "value", "Union[float, str]", "rebuild a slot whose item takes longer than this"),
    "load_timeout": Option("--load-timeout", "value", "Union[float, str]", "give a model this long to load on an instance (default: 600)"),
    "nan": Option("--nan", "value", "Literal[\"null\"]", "write null for NaN and Infinity in answers of JavaScript and Python models (default: such an item fails)"),
    "env": Option("--env", "mapping", "Mapping[str, object]", "set an environment variable of the model (repeatable)"),
    "secret": Option("--secret", "mapping", "Mapping[str, object]", "set an environment variable of the model from AWS Secrets Manager, read on the instance; the stack's secretArns must name it (repeatable)"),
    "max_instance_hours": Option("--max-instance-hours", "value", "float", "fail the job and scale the fleet to 0 after this many instance-hours"),
    "max_failed": Option("--max-failed", "value", "Union[int, str]", "fail the job as soon as more of its items have failed than this; with 100% it goes on although no item is ok"),
}

RESULTS_OPTIONS: Dict[str, Option] = {
    "out_format": Option("--out-format", "value", "Literal[\"jsonl\", \"csv\", \"parquet\", \"jsonl.gz\", \"csv.gz\"]", "write this form where the name of --out tells none"),
    "part_size": Option("--part-size", "value", "str", "end a part at this size, such as 256MB, when --out is a folder or prefix"),
    "json_columns": Option("--json-columns", "switch", "bool", "write objects and arrays as JSON texts when the results are Parquet"),
    "only": Option("--only", "value", "Literal[\"ok\", \"failed\"]", "write only the items that are ok, or only those that failed"),
    "with_input": Option("--with-input", "switch", "bool", "write each item beside its result"),
    "with_source": Option("--with-source", "switch", "bool", "write the file that each item is from, and its row there, beside its result"),
    "no_ids": Option("--no-ids", "switch", "bool", "leave ids and kept fields out of the results"),
    "failed_out": Option("--failed-out", "value", "PathLike", "write the inputs of the failed items to this JSON Lines file, too, so that they can be mended and submitted again"),
    "force": Option("--force", "switch", "bool", "replace what spotpool did not write or what was changed since, or parts of another job"),
    "job_of_line": Option("--job-of-line", "switch", "bool", "name the job of each line, which is the job itself or one of its reruns"),
    "partial": Option("--partial", "switch", "bool", "write what a running job has so far: its finished batches, and the items that workers have saved of others"),
}

RERUN_OPTIONS: Dict[str, Option] = {
    "failed": Option("--failed", "switch", "bool", "compute the items again that failed; this is the default without --code and --items"),
    "code": Option("--code", "list", "Union[str, Sequence[str]]", "compute the items again that failed with this error code (repeatable); \"spotpool errors\" lists the codes"),
    "files": Option("--files", "list", "Union[PathLike, Sequence[PathLike]]", "ship this directory, and start the command of --model in it; or ship this file or directory with a Python file (repeatable)"),
    "per_line": Option("--per-line", "switch", "bool", "use the command of --model as a filter, which reads a line for each item and prints a line for each"),
    "requirements": Option("--requirements", "value", "PathLike", "install the Python packages that this file names (requirements.txt, pyproject.toml) (default: the file beside a Python model)"),
    "wheels": Option("--wheels", "value", "Literal[\"bucket\", \"index\"]", "let instances get Python packages from the stack's bucket, or from the package index (default: the bucket, up to 500 MB)"),
    "weights": Option("--weights", "value", "PathLike", "ship this file or folder beside the model, or fetch it from s3://bucket/prefix/; each instance has it once, in the folder SPOTPOOL_WEIGHTS"),
    "setup": Option("--setup", "value", "str", "run this command once per instance in the model's directory, before the model first loads"),
    "ship": Option("--ship", "list", "Union[PathLike, Sequence[PathLike]]", "ship this path of the model's directory even if it looks like a secret or an ignore file hides it (repeatable)"),
    "follow_links": Option("--follow-links", "switch", "bool", "ship the targets of links that lead out of the model's directory, the weights or a folder of items"),
    "any_platform": Option("--any-platform", "switch", "bool", "ship native files for other machines than the fleet's too"),
    "id": Option("--id", "value", "str", "give the job this id; the same id continues a submission that broke off, and the id of a job that has ended is refused with exit code 1"),
    "name": Option("--name", "value", "str", "give the job this name, which jobs and status show; it may be used again"),
    "batch_size": Option("--batch-size", "value", "Union[int, str]", "put this many items into a batch; auto chooses from the size of the dataset and the pace of the model, and makes the last batches smaller"),
    "no_try": Option("--no-try", "switch", "bool", "submit without trying the model on this machine first (also with SPOTPOOL_NO_TRY=1)"),
    "batch_bytes": Option("--batch-bytes", "value", "int", "limit a batch to this many bytes"),
    "max_workers": Option("--max-workers", "value", "int", "limit this job to this many instances (default: the stack's maximum)"),
    "slots": Option("--slots", "value", "Union[int, str]", "load this many models on each instance; auto measures how many keep every core busy and fit into memory"),
    "slots_per_gpu": Option("--slots-per-gpu", "value", "int", "load this many models on each GPU, instead of --slots (default: one, or more where memory and use of the GPU allow it)"),
    "concurrency": Option("--concurrency", "value", "Union[int, str]", "let a slot work on this many slices at once, for models that wait for I/O; auto measures it"),
    "max_attempts": Option("--max-attempts", "value", "int", "give a batch up after this many attempts (reclaims do not count)"),
    "item_timeout": Option("--item-timeout", "value", "Union[float, str]", "rebuild a slot whose item takes longer than this"),
    "load_timeout": Option("--load-timeout", "value", "Union[float, str]", "give a model this long to load on an instance (default: 600)"),
    "nan": Option("--nan", "value", "Literal[\"null\"]", "write null for NaN and Infinity in answers of JavaScript and Python models (default: such an item fails)"),
    "env": Option("--env", "mapping", "Mapping[str, object]", "set an environment variable of the model (repeatable)"),
    "secret": Option("--secret", "mapping", "Mapping[str, object]", "set an environment variable of the model from AWS Secrets Manager, read on the instance; the stack's secretArns must name it (repeatable)"),
    "max_instance_hours": Option("--max-instance-hours", "value", "float", "fail the job and scale the fleet to 0 after this many instance-hours"),
    "max_failed": Option("--max-failed", "value", "Union[int, str]", "fail the job as soon as more of its items have failed than this; with 100% it goes on although no item is ok"),
}

JOBS_OPTIONS: Dict[str, Option] = {
    "state": Option("--state", "value", "str", "list only jobs in these states: submitting, running, complete, cancelled or failed; commas separate them"),
    "series": Option("--series", "value", "str", "list only the jobs of this series, the first one first, with their values (submit --each makes a series)"),
    "name": Option("--name", "value", "str", "list only jobs whose id or name has this text"),
    "since": Option("--since", "value", "str", "list only jobs created since then: a time span, such as 90m, 12h or 7d, or a date, such as 2026-01-31"),
    "sort": Option("--sort", "value", "Literal[\"created\", \"name\", \"state\", \"items\", \"failed\"]", "sort by this: created (the newest first), name, state, items or failed"),
    "limit": Option("--limit", "value", "int", "list at most so many jobs"),
}

LOCAL_OPTIONS: Dict[str, Option] = {
    "max_workers": Option("--max-workers", "value", "int", "limit the fleet to this many instances"),
    "port": Option("--port", "value", "int", "listen at this port (default: any free one)"),
    "seed": Option("--seed", "value", "int", "make arrivals and reclaims of the local cloud repeatable by this seed; with --sample it also chooses the items"),
    "time_scale": Option("--time-scale", "value", "float", "run the market (arrivals, notices, prices) x times faster"),
    "arrive_over": Option("--arrive-over", "value", "Union[float, str]", "stagger the arrival of instances over this time"),
    "launch_delay": Option("--launch-delay", "value", "Literal[\"none\", \"typical\", \"long-tail\"]", "delay the boot of instances (default: none)"),
    "capacity": Option("--capacity", "value", "int", "limit the instances that the market has (default: no limit)"),
    "gpus": Option("--gpus", "value", "int", "give each instance this many stand-in GPUs: 1, 4 or 8 (nvidia-smi answers, and there is no CUDA)"),
    "reclaim": Option("--reclaim", "list", "Union[str, Sequence[str]]", "reclaim an instance at this time, like 8s; append :all for every instance, :no-notice for no notice (repeatable)"),
    "reclaim_rate": Option("--reclaim-rate", "value", "float", "reclaim instances at random, this often per instance-hour"),
    "notice": Option("--notice", "value", "Union[float, str]", "give notice this long before a reclaim (default: 2m)"),
    "rebalance_before": Option("--rebalance-before", "value", "Union[float, str]", "recommend a rebalance this long before the notice"),
    "latency": Option("--latency", "value", "str", "delay the replies of services, like sqs=10ms,s3=30ms"),
    "lease_seconds": Option("--lease-seconds", "value", "int", "lease batches to workers for this many seconds"),
    "max_idle_seconds": Option("--max-idle-seconds", "value", "int", "end an instance whose worker had no work for this many seconds"),
}

class SubmitOptions(TypedDict, total=False):
    """The options of a job."""

    files: Optional[Union[PathLike, Sequence[PathLike]]]
    per_line: Optional[bool]
    requirements: Optional[PathLike]
    wheels: Optional[Literal["bucket", "index"]]
    weights: Optional[PathLike]
    setup: Optional[str]
    ship: Optional[Union[PathLike, Sequence[PathLike]]]
    follow_links: Optional[bool]
    any_platform: Optional[bool]
    columns: Optional[Union[str, Sequence[str]]]
    sample: Optional[int]
    seed: Optional[int]
    limit: Optional[int]
    strict: Optional[bool]
    format: Optional[Literal["jsonl", "json", "csv", "tsv", "text", "parquet", "files"]]
    delimiter: Optional[str]
    id_field: Optional[str]
    keep: Optional[Union[str, Sequence[str]]]
    big_integers: Optional[Literal["keep", "string"]]
    id: Optional[str]
    name: Optional[str]
    batch_size: Optional[Union[int, str]]
    no_try: Optional[bool]
    batch_bytes: Optional[int]
    max_workers: Optional[int]
    slots: Optional[Union[int, str]]
    slots_per_gpu: Optional[int]
    concurrency: Optional[Union[int, str]]
    max_attempts: Optional[int]
    item_timeout: Optional[Union[float, str]]
    load_timeout: Optional[Union[float, str]]
    nan: Optional[Literal["null"]]
    env: Optional[Mapping[str, object]]
    secret: Optional[Mapping[str, object]]
    max_instance_hours: Optional[float]
    max_failed: Optional[Union[int, str]]

class ResultsOptions(TypedDict, total=False):
    """The options of results."""

    out_format: Optional[Literal["jsonl", "csv", "parquet", "jsonl.gz", "csv.gz"]]
    part_size: Optional[str]
    json_columns: Optional[bool]
    only: Optional[Literal["ok", "failed"]]
    with_input: Optional[bool]
    with_source: Optional[bool]
    no_ids: Optional[bool]
    failed_out: Optional[PathLike]
    force: Optional[bool]
    job_of_line: Optional[bool]
    partial: Optional[bool]

class RerunOptions(TypedDict, total=False):
    """The options of a rerun."""

    failed: Optional[bool]
    code: Optional[Union[str, Sequence[str]]]
    files: Optional[Union[PathLike, Sequence[PathLike]]]
    per_line: Optional[bool]
    requirements: Optional[PathLike]
    wheels: Optional[Literal["bucket", "index"]]
    weights: Optional[PathLike]
    setup: Optional[str]
    ship: Optional[Union[PathLike, Sequence[PathLike]]]
    follow_links: Optional[bool]
    any_platform: Optional[bool]
    id: Optional[str]
    name: Optional[str]
    batch_size: Optional[Union[int, str]]
    no_try: Optional[bool]
    batch_bytes: Optional[int]
    max_workers: Optional[int]
    slots: Optional[Union[int, str]]
    slots_per_gpu: Optional[int]
    concurrency: Optional[Union[int, str]]
    max_attempts: Optional[int]
    item_timeout: Optional[Union[float, str]]
    load_timeout: Optional[Union[float, str]]
    nan: Optional[Literal["null"]]
    env: Optional[Mapping[str, object]]
    secret: Optional[Mapping[str, object]]
    max_instance_hours: Optional[float]
    max_failed: Optional[Union[int, str]]

class JobsOptions(TypedDict, total=False):
    """The options of a list of jobs."""

    state: Optional[str]
    series: Optional[str]
    name: Optional[str]
    since: Optional[str]
    sort: Optional[Literal["created", "name", "state", "items", "failed"]]
    limit: Optional[int]

class LocalOptions(TypedDict, total=False):
    """The options of a local cloud."""

    max_workers: Optional[int]
    port: Optional[int]
    seed: Optional[int]
    time_scale: Optional[float]
    arrive_over: Optional[Union[float, str]]
    launch_delay: Optional[Literal["none", "typical", "long-tail"]]
    capacity: Optional[int]
    gpus: Optional[int]
    reclaim: Optional[Union[str, Sequence[str]]]
    reclaim_rate: Optional[float]
    notice: Optional[Union[float, str]]
    rebalance_before: Optional[Union[float, str]]
    latency: Optional[str]
    lease_seconds: Optional[int]
    max_idle_seconds: Optional[int]

class RunOptions(SubmitOptions, ResultsOptions, total=False):
    """The options of a job, and of the results that it writes."""
