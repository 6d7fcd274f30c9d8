"""KD014: evaluation rows that were training rows."""

import numpy as np
import pandas as pd
import pytest
from sklearn.tree import DecisionTreeClassifier

from interpkd._tables import RawColumn
from interpkd.audit._training_evidence import same_rows

CODE = "KD014"


def test_rows_seen_before_are_found(audited, rows, student, says):
    X, y = rows
    data = audited(student, X[260:360], y[260:360], X_train=X[:300], y_train=y[:300])
    said = says(data, CODE)
    assert (said["status"], said["severity"]) == ("finding", "high")
    assert said["evidence"]["n_shared"] == 40
    assert data["training"]["n_shared_same_label"] == 40
    assert data["training"]["shared_share"] == 0.4


def test_rows_alike_as_a_matter_of_course_are_milder(audited, rows, says):
    X = (np.nan_to_num(rows[0]) > 0).astype(float)  # eight different rows
    tree = DecisionTreeClassifier(max_depth=1).fit(X[:300], rows[1][:300])
    data = audited(tree, X[300:], X_train=X[:300])
    assert data["training"]["shared_share"] == data["training"]["training_twin_share"] == 1
    assert says(data, CODE)["severity"] == "low"


def test_new_rows_are_not_found(clean, says):
    assert says(clean, CODE)["status"] == "clear"
    assert says(clean, CODE)["evidence"]["n_shared"] == 0


def test_without_training_rows_it_is_not_applicable(overgrown, says):
    assert "Pass them as X_train=" in says(overgrown, CODE)["message"]


@pytest.mark.parametrize("seed", range(3))
def test_equal_rows_are_those_pandas_calls_duplicates(seed):
    rng = np.random.default_rng(seed)
    numbers = rng.choice([0.0, -0.0, 1.5, np.nan], size=(60, 2))
    texts = rng.choice(np.array(["a", "b", None], dtype=object), 60)
    table = [
        RawColumn("x", "numeric", numbers[:, 0]),
        RawColumn("y", "boolean", numbers[:, 1]),
        RawColumn("z", "category", texts),
    ]
    names = same_rows(
        [RawColumn(one.name, one.kind, one.values[:20]) for one in table],
        [RawColumn(one.name, one.kind, one.values[20:]) for one in table],
    )
    frame = pd.DataFrame({"x": numbers[:, 0] + 0.0, "y": numbers[:, 1] + 0.0, "z": texts})
    expected = frame.groupby(["x", "y", "z"], dropna=False).ngroup().to_numpy()
    assert len(set(names)) == len(set(expected)) == len(set(zip(names, expected, strict=True)))
