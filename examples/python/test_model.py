"""Test the model in plain Python: python -m unittest"""
import json
import unittest

import model


class ModelTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        model.load()

    def test_scores_reviews(self):
        good, bad, neutral = model.predict([{"text": "Great!"}, {"text": "BROKEN and slow"}, {"text": "a phone"}])
        self.assertGreater(good["positive"], 0.8)
        self.assertLess(bad["positive"], 0.1)
        self.assertEqual(neutral["positive"], 0.5)

    def test_fails_an_empty_review_alone(self):
        empty, good = model.predict([{"text": ""}, {"text": "good"}])
        self.assertIsInstance(empty, ValueError)
        self.assertGreater(good["positive"], 0.5)

    def test_answers_every_line_of_the_example(self):
        with open("reviews.jsonl", encoding="utf-8") as lines:
            items = [json.loads(line) for line in lines]
        self.assertEqual(len(model.predict(items)), len(items))


if __name__ == "__main__":
    unittest.main()
