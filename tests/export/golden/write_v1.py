"""Write the files that every later version must read: once, when a version of the format is made.

They are kept as they are; running this again is for the next version, in a folder of its own.
"""

import json
import math
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

ANSWERS = ("predict", "predict_proba", "decision_function", "apply", "score_samples")


def plain(value):
    """Give a value as JSON holds it; a missing one is null."""
    value = value.item() if hasattr(value, "item") else value
    return None if isinstance(value, float) and math.isnan(value) else value


def rows_of(rows):
    """Give a few rows as lists: some plain ones, and some of those that are hard."""
    frame = rows if hasattr(rows, "iloc") else __import__("pandas").DataFrame(rows)
    some = frame.iloc[np.linspace(0, len(frame) - 1, 24).astype(int)].astype(object)
    some = some.where(some.notna(), None)
    return {str(name): [plain(one) for one in some[name]] for name in some.columns}


def taught():
    """A student of a teacher, which its file names."""
    from sklearn.ensemble import RandomForestClassifier

    from interpkd import DistilledTreeClassifier

    X = np.random.default_rng(0).normal(size=(60, 2)).round(2)
    forest = RandomForestClassifier(3, random_state=0)
    student = DistilledTreeClassifier(forest, max_leaf_nodes=3, cv=3, random_state=0)
    return student.fit(X, X[:, 0] > 0), X


def main(folder):
    """Write the file of every kind of student, and what it answers."""
    from test_golden import table_of

    from conftest import BARE, STUDENTS, fit_any
    from interpkd.export import save

    made = {name: fit_any(name) for name in [*STUDENTS, *BARE]} | {"taught tree": taught()}
    for name, (student, rows) in made.items():
        path = folder / f"{name.replace(', ', '-').replace(' ', '-')}.interpkd"
        save(student, path)
        given = {"has_names": hasattr(rows, "iloc"), "rows": rows_of(rows)}
        table = table_of(given)
        given["answers"] = {
            one: getattr(student, one)(table).tolist() for one in ANSWERS if hasattr(student, one)
        }
        text = json.dumps(given, ensure_ascii=False, allow_nan=False, indent=None)
        path.with_suffix(".json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(__file__).parent / "v1")
