"""A test case whose command line is fake_cli.py."""

import json
import os
import shutil
import sys
import tempfile
import threading
import time
import unittest
from pathlib import Path
from unittest import mock

RUNNING = {"job": "j", "state": "running", "items": {"total": 2, "ok": 1, "failed": 0}, "batches": {"total": 2, "done": 1, "failed": 0}}
COMPLETE = {"job": "j", "state": "complete", "items": {"total": 2, "ok": 2, "failed": 0}, "batches": {"total": 2, "done": 2, "failed": 0}}
SUBMITTED = {"lines": [{"job": "j", "items": 2}]}

#: A fake command answers within a moment. A machine under load takes longer.
_WITHIN_SECONDS = 30


class ScriptedTest(unittest.TestCase):
    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="spotpool-client-"))
        self.addCleanup(shutil.rmtree, self.folder)
        entry = self.folder / "dist" / "bundle" / "spotpool.mjs"
        entry.parent.mkdir(parents=True)
        shutil.copy(Path(__file__).parent / "fake_cli.py", entry)
        self.notes_file = self.folder / "notes"
        self.scenario_file = self.folder / "scenario.json"
        variables = {
            "SPOTPOOL_RUNTIME": str(self.folder),
            "SPOTPOOL_NODE": sys.executable,
            "FAKE_NOTES": str(self.notes_file),
            "FAKE_SCENARIO": str(self.scenario_file),
        }
        patched = mock.patch.dict(os.environ, variables)
        patched.start()
        self.addCleanup(patched.stop)

    def answer(self, **answers):
        """Sets the answers of commands: one, or a list of them."""
        as_lists = {name: answer if isinstance(answer, list) else [answer] for name, answer in answers.items()}
        self.scenario_file.write_text(json.dumps(as_lists), encoding="utf-8")

    def notes(self, field):
        if not self.notes_file.exists():
            return []
        lines = [json.loads(line) for line in self.notes_file.read_text(encoding="utf-8").splitlines()]
        return [line[field] for line in lines if field in line]

    def words(self):
        """Returns the words of the last command."""
        return self.notes("words")[-1]

    def wait_for(self, field):
        """Waits until a command has noted the field."""
        deadline = time.monotonic() + _WITHIN_SECONDS
        while not self.notes(field):
            if time.monotonic() > deadline:
                raise AssertionError(f"No command has noted {field!r}.")
            time.sleep(0.01)

    def interrupt_when(self, field, times=1):
        """Presses Ctrl-C when a command has noted the field."""

        def press():
            self.wait_for(field)
            for _ in range(times):
                _press_ctrl_c()
                time.sleep(0.2)

        thread = threading.Thread(target=press, daemon=True)
        thread.start()
        self.addCleanup(thread.join)

    def assert_no_child(self):
        with self.assertRaises(ChildProcessError):
            os.waitpid(-1, os.WNOHANG)

    def assert_gone(self, pid):
        with self.assertRaises(ProcessLookupError):
            os.kill(pid, 0)


def _press_ctrl_c():
    import signal

    signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
