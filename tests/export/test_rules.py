"""Rules: exactly one holds for any row, and it says what the tree says."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_diabetes, load_iris
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor
from xgboost import XGBClassifier

from interpkd import DistilledTreeClassifier, DistilledTreeRegressor
from interpkd._borders import border_text
from interpkd.exceptions import InvalidInputError
from interpkd.export import Condition, rule_list, to_rules
from interpkd.teachers import TabularClassifier


def holds(condition, value, known):
    """Apply a condition as an emitter would, from its data alone."""
    missing = value is None or (isinstance(value, float) and math.isnan(value))
    if known is not None and value not in known:
        missing = True
    if missing:
        return condition.or_missing
    if condition.kind == "in":
        return value in condition.categories
    if condition.kind in ("is missing", "is not missing"):
        return condition.kind == "is not missing"
    lower = -np.inf if condition.lower is None else condition.lower
    upper = np.inf if condition.upper is None else condition.upper
    # a bare np.float32 would make numpy round the bounds to float32 as well
    return lower < float(np.float32(value)) <= upper


def fired(rules, row, known):
    return [
        rule
        for rule in rules
        if all(holds(one, row[one.column], known.get(one.column)) for one in rule.conditions)
    ]


def make_table(rng, n):
    """Numbers on a coarse grid, categories, booleans; missing in all but `age`."""
    frame = pd.DataFrame(
        {
            "age": rng.integers(18, 70, n).astype(float),
            "purpose": rng.choice(["car", "radio, tv", "a|b", "<b>"], n),
            "owner": pd.array(rng.random(n) < 0.5, dtype="boolean"),
            "income": np.round(rng.lognormal(3, 1, n), 1),
        }
    )
    frame.loc[rng.random(n) < 0.1, "purpose"] = None
    frame.loc[rng.random(n) < 0.1, "owner"] = pd.NA
    frame.loc[rng.random(n) < 0.2, "income"] = np.nan
    return frame


def known_categories(student):
    return {c.name: c.categories for c in student.columns_ if c.kind == "category"}


def rows_as_python(frame):
    frame = frame.astype(object).where(frame.notna(), None)
    return frame.to_dict("records")


@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 10_000), n_leaves=st.integers(2, 40), n_classes=st.integers(2, 3))
def test_exactly_one_rule_fires_and_equals_predict_proba(seed, n_leaves, n_classes):
    rng = np.random.default_rng(seed)
    X = make_table(rng, 120)
    proba = rng.dirichlet(np.ones(n_classes), len(X))
    labels = np.array(["no", "yes", "maybe"])[:n_classes][np.arange(len(X)) % n_classes]
    student = DistilledTreeClassifier(max_leaf_nodes=n_leaves, min_samples_leaf=1)
    student.fit(X, labels, teacher_proba=proba)
    rules = rule_list(student)
    thresholds = student._tree().threshold[student._tree().feature == 0]
    test = make_table(rng, 60)
    test.loc[:9, "purpose"] = "never seen"
    test.loc[10:14, "age"] = np.nan  # never missing in training
    test.loc[15:24, "age"] = rng.choice(np.append(thresholds, 30.0), 10)
    for row, expected in zip(rows_as_python(test), student.predict_proba(test), strict=True):
        (rule,) = fired(rules, row, known_categories(student))
        assert list(rule.distribution) == student.classes_.tolist()
        np.testing.assert_array_equal(list(rule.distribution.values()), expected)
        assert rule.decision == student.classes_[expected.argmax()]
    assert sum(rule.n_rows for rule in rules) == len(X)
    assert sum(rule.share for rule in rules) == pytest.approx(1)


@pytest.mark.parametrize("seed", range(5))
def test_bare_regression_tree_with_missing_values(seed):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(200, 3)).round(1)
    X[rng.random(X.shape) < 0.2] = np.nan
    tree = DecisionTreeRegressor(max_leaf_nodes=25).fit(X, np.nansum(X, axis=1))
    rules = rule_list(tree)
    for row, expected in zip(X.tolist(), tree.predict(X), strict=True):
        (rule,) = fired(rules, {f"x{i}": v for i, v in enumerate(row)}, {})
        assert rule.value == rule.decision == expected
        assert rule.distribution is None
    assert [rule.n_rows for rule in rules] == tree.tree_.n_node_samples[
        [rule.leaf for rule in rules]
    ].tolist()


def test_a_column_appears_once_per_rule():
    X, y = load_diabetes(return_X_y=True)
    for rule in rule_list(DecisionTreeRegressor(random_state=0).fit(X, y)):
        names = [one.column for one in rule.conditions]
        assert len(names) == len(set(names))


def test_split_on_missingness_alone():
    X = np.array([[np.nan]] * 30 + [[1.0], [2.0]] * 15)
    tree = DecisionTreeClassifier().fit(X, [0] * 30 + [1] * 30)
    assert np.isinf(tree.tree_.threshold[0])
    assert [rule.text for rule in rule_list(tree)] == ["x0 is not missing", "x0 is missing"]


def test_wording_of_students():
    """Categories as sets, booleans as truth values, the missing side where it was learned."""
    n = 400
    X = pd.DataFrame(
        {
            "flag": np.arange(n) % 2 == 0,
            "purpose": np.array(["car", "tv", None, "x,y"])[np.arange(n) // 2 % 4],
        }
    )
    p = 0.125 + 0.5 * X["flag"] + 0.25 * X["purpose"].isin(["car", "x,y"])
    student = DistilledTreeClassifier(min_samples_leaf=1)
    student.fit(X, teacher_proba=np.column_stack([1 - p, p]))
    rules = rule_list(student)
    assert [rule.text for rule in rules] == [
        "flag is False and (purpose in {tv} or missing)",
        'flag is False and purpose in {car, "x,y"}',
        "flag is True and (purpose in {tv} or missing)",
        'flag is True and purpose in {car, "x,y"}',
    ]
    assert [rule.number for rule in rules] == [1, 2, 3, 4]
    text = to_rules(student)
    assert "A category that was not seen in training is treated as a missing value." in text
    assert "single precision" not in text


def test_rows_of_a_student_are_real_rows():
    X, y = load_iris(return_X_y=True, as_frame=True)
    teacher = FrozenEstimator(LogisticRegression(max_iter=1000).fit(X, y))
    student = DistilledTreeClassifier(teacher, max_leaf_nodes=5, min_samples_leaf=5)
    student.fit(X.iloc[:100], X_unlabeled=X.iloc[100:])
    assert sum(rule.n_rows for rule in rule_list(student)) == 150


def test_thresholds_are_written_at_full_precision():
    X, y = load_iris(return_X_y=True)
    tree = DecisionTreeClassifier(random_state=0).fit(X, y)
    text = to_rules(tree)
    for threshold in tree.tree_.threshold[tree.tree_.feature >= 0]:
        assert repr(border_text(threshold).value) in text
    assert "np.float64" not in text


def test_a_border_just_below_a_short_number_is_written_as_that_number():
    X = np.arange(20.0, 60.0)[:, None]
    teacher = XGBClassifier(n_estimators=1, max_depth=1).fit(X, (X[:, 0] >= 39).astype(int))
    student = DistilledTreeClassifier(FrozenEstimator(teacher), max_leaf_nodes=2).fit(X)
    first, second = rule_list(student)
    assert (first.text, second.text) == ("x0 < 39.0", "x0 >= 39.0")
    assert first.conditions[0].upper == np.nextafter(np.float32(39), np.float32(0))
    middle = Condition("x0", "between", lower=first.conditions[0].upper, upper=50.5)
    assert middle.text == "39.0 <= x0 <= 50.5"


def test_note_on_missing_values_that_were_never_seen():
    X, y = load_iris(return_X_y=True, as_frame=True)
    tree = DecisionTreeClassifier(max_leaf_nodes=2, random_state=0).fit(X, y)
    (follower,) = [rule for rule in rule_list(tree) if rule.conditions[0].or_missing]
    assert "or missing" not in to_rules(tree).partition("Notes")[0]
    assert f"in no other: petal width (cm): {follower.number}." in to_rules(tree)


def test_markdown_is_safe():
    rng = np.random.default_rng(0)
    X = make_table(rng, 200).rename(columns={"age": "age|<script>", "income": "_in_come_"})
    y = np.where(X["purpose"].isin(["a|b", "<b>"]) ^ (X["age|<script>"] > 40), "*ja*", "nein")
    teacher = TabularClassifier(DecisionTreeClassifier(), categories="ordinal")
    student = DistilledTreeClassifier(teacher, alpha=1.0, max_leaf_nodes=6).fit(X, y)
    text = to_rules(student, format="markdown")
    table = [line for line in text.splitlines() if line.startswith("|")]
    assert len(table) == 2 + len(rule_list(student))
    assert {line.replace(r"\|", "").count("|") for line in table} == {8}
    assert "<script>" not in text
    assert "<b>" not in text
    assert "age\\|&lt;script&gt;" in text
    assert r"\*ja\*" in text


def test_frame_has_one_row_per_rule():
    X, y = load_iris(return_X_y=True)
    tree = DecisionTreeClassifier(max_leaf_nodes=3, random_state=0).fit(X, y)
    frame = to_rules(tree, format="frame")
    assert [*frame.columns] == [
        *("rule", "leaf", "conditions", "n_rows", "share", "decision", "P(0)", "P(1)", "P(2)")
    ]
    assert frame["conditions"].tolist() == [rule.text for rule in rule_list(tree)]


def test_regression_text_and_frame():
    X, y = load_diabetes(return_X_y=True, as_frame=True)
    tree = DecisionTreeRegressor(max_leaf_nodes=3).fit(X, y)
    student = DistilledTreeRegressor(FrozenEstimator(tree), max_leaf_nodes=3).fit(X)
    assert "P(" not in to_rules(student)
    assert (
        to_rules(student, format="markdown").splitlines()[0]
        == "| Rule | If | Then | Rows | Share |"
    )
    assert to_rules(student, format="frame")["decision"].tolist() == [
        rule.value for rule in rule_list(student)
    ]


def test_a_tree_that_never_splits():
    tree = DecisionTreeClassifier().fit([[1.0], [2.0]], [0, 0])
    (rule,) = rule_list(tree)
    assert rule.text == "always"
    assert rule.share == 1
    assert to_rules(tree).startswith("Rule 1: if always\n  then 0")


def test_unambiguous_names():
    condition = Condition(" a\nb", "in", categories=("", "x", 'say "hi"'))
    assert condition.text == r'" a\nb" in {"", x, "say \"hi\""}'


def test_errors():
    X, y = load_iris(return_X_y=True)
    with pytest.raises(InvalidInputError, match="LogisticRegression is none"):
        rule_list(LogisticRegression(max_iter=1000).fit(X, y))
    with pytest.raises(InvalidInputError, match="one output; this one has 2"):
        rule_list(DecisionTreeRegressor().fit(X, X[:, :2]))
    with pytest.raises(InvalidInputError, match="a pipeline of unknown steps"):
        rule_list(make_pipeline(StandardScaler(), DecisionTreeClassifier()).fit(X, y))
    with pytest.raises(InvalidInputError, match=r"'format' parameter .* got 'html'"):
        to_rules(DecisionTreeClassifier().fit(X, y), format="html")
