import unittest

import spotpool
from scripted import SUBMITTED, ScriptedTest
from spotpool import _local

UP = {"lines": [{"endpoint": "http://127.0.0.1:1", "wasUp": False}], "until": "stdin"}
WAS_UP = {"lines": [{"endpoint": "http://127.0.0.1:2", "wasUp": True}]}


class LocalTest(ScriptedTest):
    def setUp(self):
        super().setUp()
        self.addCleanup(_local._end)

    def submit(self):
        return spotpool.submit([1], model="model.py", local=True)

    def starts(self):
        return self.notes("command").count("local")

    def test_the_first_local_job_starts_a_cloud_and_the_second_uses_it(self):
        self.answer(local=UP, submit=SUBMITTED)
        self.submit()
        self.submit()
        self.assertEqual(self.starts(), 1)
        self.assertEqual(self.notes("words")[0], ["up", "--while-stdin", "--json"])
        self.assertIn("--local", self.words())

    def test_a_cloud_that_has_ended_is_started_again(self):
        self.answer(local=UP, submit=SUBMITTED)
        self.submit()
        _local._own.stop()
        self.submit()
        self.assertEqual(self.starts(), 2)

    def test_a_cloud_that_was_up_is_used_and_looked_for_each_time(self):
        self.answer(local=WAS_UP, submit=SUBMITTED)
        self.submit()
        self.submit()
        self.assertEqual(self.starts(), 2)

    def test_a_cloud_ends_when_its_pipe_is_closed(self):
        self.answer(local=UP)
        with spotpool.local_cloud(max_workers=2, reclaim=["8s", "9s:all"]) as cloud:
            self.assertTrue(cloud.is_up)
            self.assertEqual(cloud.endpoint, "http://127.0.0.1:1")
        self.assertFalse(cloud.is_up)
        self.assertEqual(self.notes("stdin"), ["ended"])
        self.assertEqual(self.words()[3:], ["--max-workers=2", "--reclaim=8s", "--reclaim=9s:all"])

    def test_options_for_a_cloud_that_is_up_are_refused(self):
        self.answer(local=[UP, WAS_UP])
        spotpool.local_cloud()
        with self.assertRaisesRegex(spotpool.BadInput, "A local cloud is up already"):
            spotpool.local_cloud(max_workers=2)

    def test_a_cloud_that_cannot_start_says_why(self):
        self.answer(local={"said": "error: The port 80 is in use.\n", "code": 2})
        with self.assertRaisesRegex(spotpool.BadInput, "The port 80 is in use"):
            spotpool.local_cloud(port=80)

    def test_a_start_at_the_same_time_as_another_program_s_is_tried_again(self):
        self.answer(local=[{"said": "error: Another local cloud was started at the same time.\n", "code": 2}, WAS_UP], submit=SUBMITTED)
        self.submit()
        self.assertEqual(self.starts(), 2)

    def test_a_wait_goes_on_when_another_program_s_cloud_has_ended(self):
        lost = {"lines": [{"error": {"kind": "stack-unreachable", "message": "gone", "exitCode": 1}}], "code": 1}
        complete = {"lines": [{"job": "j", "state": "complete"}]}
        self.answer(local=[WAS_UP, WAS_UP, UP], submit=SUBMITTED, watch=[lost, complete])
        self.assertEqual(self.submit().wait(progress=False).state, "complete")
        self.assertEqual(self.starts(), 3)


if __name__ == "__main__":
    unittest.main()
