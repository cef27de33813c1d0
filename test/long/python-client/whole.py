"""Runs jobs as a user's program does, with nothing but the wheel and the standard library."""

import json
import pathlib

import spotpool

MODEL = """
def predict(items):
    for item in items:
        yield ValueError("empty") if item["text"] == "" else {"length": len(item["text"])}
"""
MENDED = """
def predict(items):
    return [{"length": len(item["text"])} for item in items]
"""


def main():
    pathlib.Path("model.py").write_text(MODEL, encoding="utf-8")
    pathlib.Path("mended.py").write_text(MENDED, encoding="utf-8")
    job = spotpool.run([{"text": "hello"}, {"text": ""}], model="model.py", local=True, name="words", out="words.csv")
    first = job.results()
    failed = [(error["code"], error["count"]) for error in job.errors()]
    rerun = job.rerun(model="mended.py")
    report = job.report("words.html")
    print(
        json.dumps(
            {
                "first": first,
                "csv": pathlib.Path("words.csv").read_text(encoding="utf-8"),
                "failed": failed,
                "rerunOf": rerun.status()["parent"] == job.id,
                "mended": job.results(),
                "jobs": len(spotpool.jobs(local=True)),
                "record": job.record["job"] == job.id,
                "report": "<script" in report.read_text(encoding="utf-8"),
            }
        )
    )


main()
