"""Stands in for the command line: it answers each command as the scenario says, and notes what it was given.

The scenario is a JSON object in the file of FAKE_SCENARIO: by the name of a command, a list of answers, of which the last is repeated. An answer has
``lines`` for standard output, ``said`` for standard error, ``code``, and ``until``: ``interrupt`` waits for SIGINT, ``kill`` ignores
it, and ``stdin`` waits for the end of standard input.
"""

import gzip
import json
import os
import signal
import sys
import time

NOTES = os.environ["FAKE_NOTES"]


def note(**fields):
    with open(NOTES, "a", encoding="utf-8") as notes:
        notes.write(json.dumps(fields) + "\n")


def interrupted(_number, _frame):
    note(interrupted=os.getpid())
    sys.exit(130)


def earlier(command):
    if not os.path.exists(NOTES):
        return 0
    with open(NOTES, encoding="utf-8") as notes:
        return sum(json.loads(line).get("command") == command for line in notes)


def read_input():
    try:
        return gzip.decompress(sys.stdin.buffer.read()).decode("utf-8").splitlines()
    except (EOFError, OSError) as error:
        return {"broken": str(error)}


def main():
    command, *words = sys.argv[1:]
    with open(os.environ["FAKE_SCENARIO"], encoding="utf-8") as file:
        answers = json.load(file)[command]
    answer = answers[min(earlier(command), len(answers) - 1)]
    signal.signal(signal.SIGINT, signal.SIG_IGN if answer.get("until") == "kill" else interrupted)
    note(command=command, words=words, pid=os.getpid())
    if words and words[0] == "-":
        note(input=read_input())
    out = [word[len("--out=") :] for word in words if word.startswith("--out=")]
    if "results" in answer and out:
        with open(out[0], "w", encoding="utf-8") as file:
            file.writelines(json.dumps(line) + "\n" for line in answer["results"])
    for line in answer.get("lines", []):
        print(json.dumps(line), flush=True)
    sys.stderr.write(answer.get("said", ""))
    sys.stderr.flush()
    if "until" in answer:
        note(waits=os.getpid())
        if answer["until"] == "stdin":
            sys.stdin.read()
            note(stdin="ended")
        else:
            time.sleep(60)
    sys.exit(answer.get("code", 0))


main()
