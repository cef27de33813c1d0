import datetime
import math
import os
import pathlib
import unittest

import spotpool
from scripted import SUBMITTED, ScriptedTest


class ItemsTest(ScriptedTest):
    def setUp(self):
        super().setUp()
        self.answer(submit=SUBMITTED)

    def submit(self, items, **options):
        return spotpool.submit(items, model="model.py", **options)

    def test_a_list_is_sent_as_json_lines(self):
        self.submit([{"text": "grün"}, 1, None, "a"])
        self.assertEqual(self.notes("input"), [['{"text":"grün"}', "1", "null", '"a"']])
        self.assertEqual(self.words()[:3], ["-", "--format", "jsonl"])

    def test_a_generator_is_sent_while_it_runs_and_a_large_one_arrives_whole(self):
        self.submit({"n": n} for n in range(20_000))
        lines = self.notes("input")[0]
        self.assertEqual((len(lines), lines[-1]), (20_000, '{"n":19999}'))

    def test_a_generator_that_raises_stops_the_command_and_sends_no_end(self):
        def broken():
            yield {"n": 1}
            self.wait_for("pid")
            raise LookupError("the source is gone")

        with self.assertRaisesRegex(LookupError, "the source is gone"):
            self.submit(broken())
        self.assertEqual(self.notes("input"), [])
        self.assert_gone(self.notes("pid")[0])

    def test_an_error_of_a_pipe_in_a_generator_is_not_taken_for_the_command_s(self):
        def broken():
            yield {"n": 1}
            raise BrokenPipeError("of the generator")

        with self.assertRaisesRegex(BrokenPipeError, "of the generator"):
            self.submit(broken())

    def test_times_and_paths_are_texts(self):
        self.submit([{"at": datetime.datetime(2026, 1, 2, 3), "file": pathlib.PurePosixPath("a/b")}])
        self.assertEqual(self.notes("input"), [['{"at":"2026-01-02T03:00:00","file":"a/b"}']])

    def test_an_item_with_nan_is_refused_with_its_place(self):
        with self.assertRaisesRegex(spotpool.BadInput, r"Item 1 cannot be written as JSON: item\['x'\]\[0\] is NaN or infinite"):
            self.submit([{"x": [1.0]}, {"x": [math.nan]}])

    def test_an_item_of_another_type_is_refused_with_its_type(self):
        with self.assertRaisesRegex(spotpool.BadInput, "Item 0 cannot be written as JSON: it has a value of the type set"):
            self.submit([{"x": {1}}])

    def test_a_path_is_given_as_it_is(self):
        self.submit("data/*.csv")
        self.assertEqual(self.words()[0], "data/*.csv")

    def test_a_path_that_begins_with_a_dash_is_no_option(self):
        self.submit("-data.csv")
        self.assertEqual(self.words()[0], f".{os.sep}-data.csv")

    def test_several_paths_are_one_dataset(self):
        self.submit(spotpool.paths("a.csv", pathlib.Path("b.csv")))
        self.assertEqual(self.words()[:2], ["a.csv", "b.csv"])
        self.submit([pathlib.Path("a.csv"), pathlib.Path("b.csv")])
        self.assertEqual(self.words()[:2], ["a.csv", "b.csv"])

    def test_texts_that_name_files_are_refused_because_they_may_mean_the_files(self):
        with self.assertRaisesRegex(spotpool.BadInput, r"spotpool\.paths\(\*names\).*iter\(names\)"):
            self.submit([__file__])
        self.submit(iter([__file__]))
        self.assertEqual(len(self.notes("input")), 1)

    def test_what_is_no_dataset_is_refused(self):
        for items, type_name in (({"text": "a"}, "dict"), (b"a", "bytes"), (17, "int")):
            with self.assertRaisesRegex(spotpool.BadInput, f"{type_name} is no dataset"):
                self.submit(items)

    def test_the_format_of_items_cannot_be_chosen(self):
        with self.assertRaisesRegex(spotpool.BadInput, "format= is for files"):
            self.submit([1], format="csv")


if __name__ == "__main__":
    unittest.main()
