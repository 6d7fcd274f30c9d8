"""Partial dependence against scikit-learn's, interactions of models that have none and some."""

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import RandomForestRegressor
from sklearn.inspection import partial_dependence
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.tree import DecisionTreeClassifier

from interpkd.audit import audit_report


@pytest.fixture(scope="module")
def audited():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 6)).round(1)
    X[:, 5] = rng.integers(0, 3, 300)
    y = X[:, 0] + X[:, 1] * X[:, 2] + rng.normal(size=300) / 2 > 0
    teacher = DecisionTreeClassifier(max_leaf_nodes=30, random_state=0).fit(X, y)
    student = LogisticRegression().fit(X, y)
    return audit_report(student, X[:150], teacher=teacher, X_train=X), student, teacher, X


def test_means_are_those_of_scikit_learn(audited):
    report, student, teacher, X = audited
    section = report.data["dependence"]
    importance = [one["column"] for one in report.data["explanation"]["columns"]]
    assert [one["column"] for one in section["columns"]] == importance[:4]
    assert section["n_rows"] == 150
    for one in section["columns"]:
        i = int(one["column"][1:])
        values = np.array([point["value"] for point in one["points"]])
        assert np.isin(values, X[:, i]).all()
        assert (values[0], values[-1]) == (X[:, i].min(), X[:, i].max())
        for who, model in (("student", student), ("teacher", teacher)):
            found = partial_dependence(
                model, X[:150], [i], custom_values={i: values}, method="brute",
                response_method="predict_proba", kind="both",
            )  # fmt: skip
            means = [point[who]["mean"] for point in one["points"]]
            np.testing.assert_allclose(means, found["average"][0], atol=1e-9)
            spread = np.quantile(found["individual"][0], 0.95, axis=0)
            np.testing.assert_allclose(
                [p[who]["ice_q95"] for p in one["points"]], spread, atol=1e-9
            )


def test_a_sum_has_no_interactions_and_a_tree_has(audited):
    found = audited[0].data["dependence"]["interactions"]
    assert found["scale"] == "log odds"
    assert found["n_rows"] == 60
    assert found["student"] == pytest.approx(0, abs=1e-12)
    assert found["teacher"] > 0.1
    assert found["lost"] == pytest.approx(found["teacher"])


def test_interactions_of_a_product_are_counted_whole():
    """Of x * y with independent columns around zero nothing is a sum."""
    grid = np.array([[a, b] for a in (-1.0, 1.0) for b in (-1.0, 1.0)] * 6)

    class Product(LinearRegression):
        def predict(self, X):
            return X[:, 0] * X[:, 1]

    product = Product().fit(grid, grid[:, 0])
    line = LinearRegression().fit(grid, grid[:, 0])
    found = audit_report(line, grid, teacher=product).data["dependence"]["interactions"]
    assert found["teacher"] == pytest.approx(1)
    assert found["student"] == pytest.approx(0, abs=1e-12)
    assert found["scale"] == "prediction"


def test_categories_booleans_and_missing_values(reports):
    section = reports["binary"].data["dependence"]
    kinds = {one["kind"]: one for one in section["columns"]}
    values = {kind: [point["value"] for point in one["points"]] for kind, one in kinds.items()}
    assert sorted(values["category"]) == ["boat", "car", "house", "tv"]
    assert values["boolean"] == [False, True]
    assert all(isinstance(value, float) for value in values["numeric"])
    assert {one["column"] for one in section["columns"]} == {"age", "amount", "owner", "purpose"}


def test_what_is_not_followed_is_said(reports, tmp_path):
    assert "more than two classes" in reports["multiclass"].data["dependence"]["reason"]
    X = np.random.default_rng(0).normal(size=(15, 2))
    forest = RandomForestRegressor(2, random_state=0).fit(X, X[:, 0])
    report = audit_report(LinearRegression().fit(X, X[:, 0]), X, teacher=forest.predict(X))
    section = report.data["dependence"]
    assert section["teacher_missing"] == "there is no teacher to ask"
    assert section["interactions"]["reason"] == "It needs 20 evaluation rows."
    assert section["columns"][0]["points"][0]["teacher"] is None
    assert "dependence" in report.pictures
    text = report.to_markdown(tmp_path / "r.md").read_text(encoding="utf-8")
    assert "Interactions were not measured" in text


def test_a_frame_keeps_its_types():
    """A teacher that was trained on whole numbers and categories is asked about such."""
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"n": rng.integers(0, 9, 60), "c": pd.Categorical(rng.choice(["u", "v"], 60))})
    seen = []

    class Teacher(LinearRegression):
        def predict(self, rows):
            seen.append(rows.dtypes.tolist())
            return rows["n"].to_numpy(float) + (rows["c"] == "u")

    from interpkd import DistilledTreeRegressor
    from interpkd.audit._dependence import dependence
    from interpkd.audit._inputs import read_inputs

    teacher = Teacher().fit(X[["n"]], X["n"])
    teacher.feature_names_in_ = np.array(["n", "c"], dtype=object)
    student = DistilledTreeRegressor(max_leaf_nodes=4).fit(X, teacher_proba=teacher.predict(X))
    inputs = read_inputs(student, X, None, teacher, 0.5)
    section = dependence(inputs, [{"column": "n"}, {"column": "c"}], random_state=0)
    assert section["interactions"]["teacher"] == pytest.approx(0, abs=1e-12)
    assert all(one == X.dtypes.tolist() for one in seen)
