"""Compute the molar mass of chemical formulas such as "C6H12O6".

An example of a Python model that runs as a command: --model "python3 formula_mass.py"
"""
import re

import spotpool_model

MASSES = {
    "H": 1.008, "C": 12.011, "N": 14.007, "O": 15.999, "F": 18.998, "Na": 22.990, "Mg": 24.305, "P": 30.974,
    "S": 32.06, "Cl": 35.45, "K": 39.098, "Ca": 40.078, "Fe": 55.845, "Cu": 63.546, "Zn": 65.38, "Br": 79.904, "I": 126.904,
}  # fmt: skip
FORMULA = re.compile(r"(?:[A-Z][a-z]?\d*)+")
PART = re.compile(r"([A-Z][a-z]?)(\d*)")


def mass(formula):
    if not isinstance(formula, str) or not FORMULA.fullmatch(formula):
        return ValueError(f"not a formula: {formula!r}")
    parts = PART.findall(formula)
    unknown = [element for element, _ in parts if element not in MASSES]
    if unknown:
        return KeyError(f"unknown element {unknown[0]}")
    return {"formula": formula, "mass": round(sum(MASSES[element] * int(count or 1) for element, count in parts), 3)}


def predict(items):
    print(f"{len(items)} formulas")  # what a model prints goes to the job's log
    for formula in items:
        yield mass(formula)


spotpool_model.run(predict)
