import inspect
import json
import pathlib
import unittest

import spotpool
from scripted import SUBMITTED, ScriptedTest


class OptionsTest(ScriptedTest):
    def setUp(self):
        super().setUp()
        self.answer(submit=SUBMITTED)

    def options(self, **options):
        spotpool.submit("data.csv", model="model.py", **options)
        return self.words()[1:-1]

    def test_options_are_written_as_the_command_line_wants_them(self):
        self.assertEqual(self.options(max_workers=5, max_failed="1%"), ["--model=model.py", "--max-workers=5", "--max-failed=1%"])
        self.assertEqual(self.options(no_try=True, strict=False), ["--model=model.py", "--no-try"])
        self.assertEqual(self.options(env={"A": "1", "B": 2}), ["--model=model.py", "--env=A=1", "--env=B=2"])
        self.assertEqual(self.options(keep=["a", "b"]), ["--model=model.py", "--keep=a", "--keep=b"])
        self.assertEqual(self.options(weights=pathlib.Path("w")), ["--model=model.py", "--weights=w"])
        self.assertEqual(self.options(limit=None), ["--model=model.py"])

    def test_a_value_that_begins_with_a_dash_is_no_option(self):
        self.assertEqual(self.options(name="--local"), ["--model=model.py", "--name=--local"])

    def test_an_unknown_option_is_refused_with_one_of_a_similar_name(self):
        with self.assertRaisesRegex(TypeError, r"submit\(\) has no option 'max_worker'\. Do you mean 'max_workers'\?"):
            self.options(max_worker=5)
        self.assertEqual(self.notes("words"), [])

    def test_an_option_that_has_no_keyword_is_refused_with_what_to_do_instead(self):
        with self.assertRaisesRegex(TypeError, r"submit\(\) has no option 'notify'\. Set the environment variable SPOTPOOL_NOTIFY"):
            self.options(notify="https://example.com")
        with self.assertRaisesRegex(TypeError, r"submit\(\) has no option 'each'\. A series is submitted from a terminal"):
            self.options(each="LR=1,2")
        self.assertEqual(self.notes("words"), [])

    def test_a_value_of_another_type_is_refused(self):
        for wrong in ({"strict": "yes"}, {"env": ["A=1"]}, {"limit": True}, {"limit": [1]}):
            with self.assertRaises(spotpool.BadInput):
                self.options(**wrong)

    def test_a_variable_whose_name_has_an_equals_sign_is_refused(self):
        with self.assertRaisesRegex(spotpool.BadInput, r"env has the name 'A=B'\. A name has no '='"):
            self.options(env={"A=B": "c"})
        self.assertEqual(self.notes("words"), [])

    def test_a_model_that_is_a_function_is_refused_with_what_to_do(self):
        with self.assertRaisesRegex(spotpool.BadInput, "The model is a function, .*%%writefile model.py"):
            spotpool.submit([1], model=lambda items: items)

    def test_a_model_that_must_be_compiled_is_refused(self):
        with self.assertRaisesRegex(spotpool.BadInput, "model.ts is a module, which the Python package brings no compiler for"):
            spotpool.submit([1], model="model.ts")

    def test_options_of_results_need_a_file(self):
        with self.assertRaisesRegex(spotpool.BadInput, "only= says how out= is written"):
            spotpool.run([1], model="model.py", only="ok")

    def test_a_stack_and_the_local_cloud_exclude_each_other(self):
        with self.assertRaisesRegex(spotpool.BadInput, "exclude each other"):
            spotpool.submit([1], model="model.py", local=True, stack="cdk-outputs.json")

    def test_the_options_are_in_the_signature_and_in_the_help(self):
        self.assertIn("max_workers", inspect.signature(spotpool.run).parameters)
        self.assertIn("limit this job to this many instances", spotpool.submit.__doc__)

    def test_the_version_is_that_of_the_npm_package(self):
        package = json.loads((pathlib.Path(__file__).parents[2] / "package.json").read_text(encoding="utf-8"))
        self.assertEqual(spotpool.__version__, package["version"])


if __name__ == "__main__":
    unittest.main()
