import unittest

from spotpool._results import columns_of


def ok(index, output, **fields):
    return {"index": index, "ok": True, "output": output, **fields}


def failed(index, **fields):
    return {"index": index, "ok": False, "error": {"code": "E", "message": "m"}, **fields}


class ColumnsTest(unittest.TestCase):
    def test_each_field_of_the_outputs_is_a_column_in_the_order_of_its_appearance(self):
        self.assertEqual(
            columns_of([ok(0, {"a": 1}), failed(1), ok(2, {"b": 2, "a": 3})]),
            {
                "ok": [True, False, True],
                "a": [1, None, 3],
                "b": [None, None, 2],
                "error_code": [None, "E", None],
                "error_message": [None, "m", None],
            },
        )

    def test_outputs_that_are_not_all_objects_are_one_column(self):
        self.assertEqual(columns_of([ok(0, 1), ok(1, {"a": 1})]), {"ok": [True, True], "output": [1, {"a": 1}]})

    def test_a_name_that_is_taken_gets_a_prefix(self):
        self.assertEqual(
            columns_of([ok(0, {"id": 7, "x": 1}, id="a", kept={"x": 2})]),
            {"id": ["a"], "ok": [True], "x": [2], "output.id": [7], "output.x": [1]},
        )

    def test_inputs_are_a_column_when_they_are_there(self):
        self.assertEqual(columns_of([failed(0, input=[1])])["input"], [[1]])

    def test_no_results_have_the_columns_that_every_result_has(self):
        self.assertEqual(columns_of([]), {"ok": [], "output": []})


if __name__ == "__main__":
    unittest.main()
