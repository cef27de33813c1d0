import io
import json
import unittest
from contextlib import redirect_stderr

import spotpool
from scripted import COMPLETE, RUNNING, SUBMITTED, ScriptedTest
from spotpool._progress import line_of, progress_for

FAILED = {**COMPLETE, "state": "failed", "reason": "The model cannot be loaded.", "items": {"total": 2, "ok": 0, "failed": 1}}
LINES = [{"index": 0, "ok": True, "output": {"n": 1}}, {"index": 1, "ok": False, "error": {"code": "ValueError", "message": "empty"}}]
WRITTEN = {"lines": [{"job": "j", "items": 2}], "results": LINES}


class JobTest(ScriptedTest):
    def job(self):
        return spotpool.submit([1, 2], model="model.py")

    def test_run_returns_the_job_when_it_has_ended(self):
        self.answer(submit=SUBMITTED, watch={"lines": [{"event": "progress", **RUNNING}, COMPLETE]}, results=WRITTEN)
        job = spotpool.run([1, 2], model="model.py", progress=False)
        self.assertEqual((job.id, job.state), ("j", "complete"))
        self.assertEqual(job.results(), LINES)
        self.assertEqual(list(job.iter_results(only="ok")), LINES)
        self.assertIn("--only=ok", self.words())

    def test_run_writes_the_results_also_of_a_job_that_failed(self):
        self.answer(submit=SUBMITTED, watch={"lines": [FAILED], "code": 1}, results={**WRITTEN, "code": 1})
        out = self.folder / "out.jsonl"
        with self.assertRaises(spotpool.JobFailed):
            spotpool.run([1, 2], model="model.py", out=out, progress=False)
        self.assertEqual([json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()], LINES)

    def test_a_file_that_would_not_be_replaced_is_refused_before_the_job_begins(self):
        out = self.folder / "out.jsonl"
        out.write_text("mine", encoding="utf-8")
        with self.assertRaisesRegex(spotpool.BadInput, "out.jsonl exists, and spotpool did not write it"):
            spotpool.run([1, 2], model="model.py", out=out)
        self.assertEqual(self.notes("words"), [])

    def test_a_job_that_failed_raises_with_its_reason_and_the_job(self):
        self.answer(submit=SUBMITTED, watch={"lines": [FAILED], "code": 1})
        job = self.job()
        with self.assertRaisesRegex(spotpool.JobFailed, "Job j is failed: The model cannot be loaded") as caught:
            job.wait(progress=False)
        self.assertIs(caught.exception.job, job)
        self.assertNotIsInstance(caught.exception, spotpool.TooManyFailed)

    def test_too_many_failed_items_raise_an_error_of_their_own(self):
        self.answer(submit=SUBMITTED, watch={"lines": [{**COMPLETE, "items": {"total": 2, "ok": 0, "failed": 2}}], "code": 3})
        with self.assertRaisesRegex(spotpool.TooManyFailed, "2 of the 2 items of job j failed"):
            self.job().wait(progress=False)

    def test_bad_input_of_the_command_line_is_bad_input_here(self):
        error = {"error": {"kind": "misuse", "message": "There is no file data.csv.", "exitCode": 2, "hint": "Look around."}}
        self.answer(submit={"lines": [error], "said": "error: There is no file data.csv.\n", "code": 2})
        with self.assertRaisesRegex(spotpool.BadInput, "There is no file data.csv.\nLook around.") as caught:
            spotpool.submit("data.csv", model="model.py")
        self.assertEqual(caught.exception.kind, "misuse")
        self.assertIsInstance(caught.exception, ValueError)

    def test_a_job_that_is_not_there_has_an_error_of_its_own(self):
        error = {"error": {"kind": "job-not-found", "message": "There is no job x in this stack.", "exitCode": 2, "job": "x"}}
        self.answer(status={"lines": [error], "code": 2})
        with self.assertRaisesRegex(spotpool.JobNotFound, "There is no job x"):
            spotpool.job("x")

    def test_a_stack_that_is_not_named_is_reported_with_how_python_names_it(self):
        error = {"error": {"kind": "stack-not-found", "message": "No stack is named.", "exitCode": 2}}
        self.answer(status={"lines": [error], "code": 2})
        with self.assertRaisesRegex(spotpool.BadInput, "^No stack is named.\nIn Python, name it with local=True or stack=") as caught:
            spotpool.job("x")
        self.assertEqual(caught.exception.kind, "stack-not-found")

    def test_a_command_that_was_killed_is_reported_with_what_it_said(self):
        self.answer(submit={"said": "error: Out of memory\n", "code": 134})
        with self.assertRaisesRegex(spotpool.SpotpoolError, "^Out of memory$"):
            self.job()

    def test_results_of_a_running_job_are_given_only_when_asked_for(self):
        self.answer(submit=SUBMITTED, status={"lines": [RUNNING]}, results={**WRITTEN, "code": 1})
        job = self.job()
        with self.assertRaisesRegex(spotpool.SpotpoolError, r"Job j has not ended \(it is running\)") as caught:
            job.results()
        self.assertEqual(caught.exception.kind, "job-not-ended")
        self.assertEqual(job.results(partial=True), LINES)

    def test_results_that_were_not_written_raise(self):
        self.answer(submit=SUBMITTED, status={"lines": [COMPLETE]}, results={"said": "error: The disk is full.\n", "code": 1})
        with self.assertRaisesRegex(spotpool.SpotpoolError, "The disk is full"):
            self.job().results()

    def test_a_form_that_is_not_known_is_refused(self):
        with self.assertRaisesRegex(spotpool.BadInput, "it must be 'list', 'pandas' or 'arrow'"):
            spotpool.Job("j", spotpool._local.Stack(False, None)).results(as_="frame")

    def test_waiting_no_longer_stops_the_command_and_leaves_the_job(self):
        self.answer(submit=SUBMITTED, watch={"lines": [{"event": "progress", **RUNNING}], "until": "interrupt"})
        with self.assertRaisesRegex(TimeoutError, "Job j has not ended after 0.5 s. It goes on"):
            self.job().wait(timeout=0.5, progress=False)
        self.assert_no_child()

    def test_ctrl_c_stops_the_command_in_order_and_says_how_to_go_on(self):
        self.answer(submit=SUBMITTED, watch={"lines": [{"event": "progress", **RUNNING}], "until": "interrupt"})
        job = self.job()
        self.interrupt_when("waits")
        with redirect_stderr(io.StringIO()) as shown, self.assertRaises(KeyboardInterrupt):
            job.wait(progress=True)
        self.assertIn("spotpool.job('j').wait()", shown.getvalue())
        self.assertEqual(self.notes("interrupted"), [self.notes("pid")[-1]])
        self.assert_gone(self.notes("pid")[-1])

    def test_a_second_ctrl_c_kills_the_command(self):
        self.answer(submit=SUBMITTED, watch={"until": "kill"})
        job = self.job()
        self.interrupt_when("waits", times=2)
        with self.assertRaises(KeyboardInterrupt):
            job.wait(progress=False)
        self.assert_gone(self.notes("pid")[-1])

    def test_a_rerun_is_a_job_and_nothing_to_rerun_is_none(self):
        rerun = {"lines": [{"job": "k", "items": 1}]}
        self.answer(submit=SUBMITTED, rerun=[rerun, {"lines": [{"items": 0, "reason": "No item failed."}]}])
        job = self.job()
        self.assertEqual(job.rerun(items=[1, 2], code="ValueError", wait=False).id, "k")
        self.assertEqual(self.words()[:-1], ["j", "--no-follow", "--code=ValueError", "--items=1,2"])
        self.assertIsNone(job.rerun(model="mended.py"))

    def test_jobs_are_a_list_with_a_table(self):
        self.answer(jobs={"lines": [{"jobs": [{**COMPLETE, "name": "<b>"}]}]})
        jobs = spotpool.jobs(state="complete", limit=5)
        self.assertEqual([job.id for job in jobs], ["j"])
        self.assertIn("&lt;b&gt;", jobs._repr_html_())
        self.assertEqual(self.words()[:-1], ["--state=complete", "--limit=5"])


class ShownTest(ScriptedTest):
    def test_the_card_of_a_job_shows_values_as_text(self):
        self.answer(submit=SUBMITTED, status={"lines": [{**RUNNING, "name": "<script>alert(1)</script>", "model": '"><img src=x>'}]})
        card = spotpool.submit([1], model="model.py")._repr_html_()
        self.assertIn("&lt;script&gt;", card)
        self.assertNotIn("<script", card)
        self.assertNotIn("<img", card)

    def test_a_card_is_shown_although_the_stack_does_not_answer(self):
        self.answer(submit=SUBMITTED, status={"said": "error: no network\n", "code": 1})
        self.assertIn("<b>j</b>", spotpool.submit([1], model="model.py")._repr_html_())

    def test_a_terminal_gets_one_line_that_says_the_progress(self):
        shown = io.StringIO()
        with redirect_stderr(shown):
            progress = progress_for(True)
            progress.update({"event": "progress", **RUNNING, "itemsPerSecond": 12.5, "etaSeconds": 240})
            progress.close()
        self.assertIn("job j running, 1 of 2 items, 12.5 items/s, about 4 min left", shown.getvalue())

    def test_a_line_says_that_instances_are_still_to_end(self):
        progress = progress_for(False)
        for event in ({"event": "progress", **COMPLETE}, {"event": "waiting-for-zero", "instances": 1}):
            progress.update(event)
        self.assertEqual(line_of(progress.known), "job j complete, 2 of 2 items, waiting for the end of 1 instance")
        progress.update({"event": "summary", **COMPLETE, "seconds": 8.2})
        self.assertEqual(line_of(progress.known), "job j complete, 2 of 2 items, 8 s")

    def test_a_line_names_failed_items(self):
        self.assertEqual(
            line_of({"job": "j", "state": "complete", "items": {"total": 1_000, "ok": 0, "failed": 1_000}}),
            "job j complete, 1,000 of 1,000 items, 1,000 failed",
        )

    def test_warnings_stay_in_a_terminal_and_come_as_warnings_from_a_submission(self):
        shown = io.StringIO()
        with redirect_stderr(shown):
            progress = progress_for(True)
            progress.update({"event": "happened", "level": "warning", "message": "An instance cannot load the model."})
            progress.close()
        self.assertIn("An instance cannot load the model.\n", shown.getvalue().replace(" \n", "\n"))
        self.answer(submit={**SUBMITTED, "said": "Nobody controls this stack.\n"})
        with self.assertWarnsRegex(spotpool.SpotpoolWarning, "Nobody controls this stack"):
            spotpool.submit([1], model="model.py")

    def test_nothing_is_shown_where_no_terminal_is(self):
        shown = io.StringIO()
        with redirect_stderr(shown):
            progress_for("auto").update({"event": "progress", **RUNNING})
        self.assertEqual(shown.getvalue(), "")
        with self.assertRaisesRegex(spotpool.BadInput, "it must be True, False or 'auto'"):
            progress_for("yes")


if __name__ == "__main__":
    unittest.main()
