"""What a scorecard promises: points that add up, a table that is all there is."""

import pickle

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from sklearn.base import clone
from sklearn.datasets import make_classification
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.utils.estimator_checks import parametrize_with_checks

from interpkd import DistilledScorecardClassifier, as_teacher, explain, fidelity_report
from interpkd.exceptions import InvalidInputError
from interpkd.learners import ScorecardBins
from interpkd.students import BinIndicators
from interpkd.teachers import make_teacher

BASE = "base points"


@pytest.fixture(scope="module")
def frozen():
    X, y = make_classification(400, 6, n_informative=4, random_state=0)
    return X, y, FrozenEstimator(RandomForestClassifier(20, random_state=0).fit(X, y))


@pytest.fixture(scope="module")
def student(frozen):
    X, _, teacher = frozen
    return DistilledScorecardClassifier(teacher, random_state=0).fit(X)


@pytest.fixture(scope="module")
def on_frame(mixed_table):
    frame, label = mixed_table
    teacher = make_teacher("forest", random_state=0).set_params(model__n_estimators=20)
    return DistilledScorecardClassifier(teacher, random_state=0).fit(frame, label)


@parametrize_with_checks([BinIndicators()])
def test_bins_are_a_transformer(estimator, check):
    check(estimator)


def test_points_add_up_to_the_score(student, frozen):
    X = frozen[0]
    points = student.explain_points(X)
    assert (points.dtypes == np.int64).all()
    np.testing.assert_array_equal(points.sum(axis=1), student.score_samples(X))
    assert points.columns[0] == BASE
    table = student.points_table_
    assert table.loc[0, "points"] == points[BASE].iloc[0]
    assert (table[1:].groupby("feature")["points"].min() == 0).all()


@pytest.mark.parametrize("good_class", [None, 0, 1])
def test_probability_is_a_function_of_the_score_alone(frozen, good_class):
    X, _, teacher = frozen
    student = DistilledScorecardClassifier(
        teacher, good_class=good_class, pdo=15, base_score=500, base_odds=10, random_state=0
    ).fit(X)
    scores = student.score_samples(X)
    odds = 10 * 2 ** ((scores - 500) / 15)  # of the good class
    good = odds / (1 + odds)
    column = 1 if good_class is None else good_class
    np.testing.assert_allclose(student.predict_proba(X)[:, column], good, rtol=1e-10)


def test_student_is_a_plain_pipeline(student, on_frame, frozen, mixed_table):
    for card, X in ((student, frozen[0]), (on_frame, mixed_table[0])):
        assert type(card.student_[-1]) is LogisticRegression
        np.testing.assert_allclose(
            card.student_.predict_proba(X), card.predict_proba(X), atol=1e-12
        )
        np.testing.assert_array_equal(card.student_.predict(X), card.predict(X))
        copy = pickle.loads(pickle.dumps(card))  # noqa: S301 - our own bytes
        np.testing.assert_array_equal(copy.predict_proba(X), card.predict_proba(X))
        again = clone(card.student_[:-1])
        matrix = again.fit(X).transform(X)
        assert matrix.shape[1] == card.student_[-1].coef_.shape[1]
    assert list(on_frame.student_.feature_names_in_) == list(mixed_table[0].columns)


def test_plain_pipeline_knows_the_names_of_numbers(frozen):
    X, _, teacher = frozen
    frame = pd.DataFrame(X, columns=[f"n{i}" for i in range(6)])
    forest = teacher
    teacher = as_teacher(lambda rows: forest.predict_proba(np.asarray(rows)), classes=[0, 1])
    card = DistilledScorecardClassifier(teacher, random_state=0).fit(frame)
    np.testing.assert_allclose(
        card.student_.predict_proba(frame), card.predict_proba(frame), atol=1e-12
    )
    names = card.student_[0].get_feature_names_out()
    assert names[0].startswith("n0 <= ")


@pytest.mark.parametrize(("pdo", "base_odds"), [(1, 1), (3, 1), (5, 2), (20, 8)])
def test_the_pipeline_decides_even_odds_as_the_card_does(pdo, base_odds):
    X = np.random.default_rng(0).normal(size=(600, 4))
    p = 1 / (1 + np.exp(-X.sum(axis=1)))
    card = DistilledScorecardClassifier(pdo=pdo, base_odds=base_odds, base_score=600)
    card.fit(X, teacher_proba=np.column_stack([1 - p, p]))
    even = card.score_samples(X) == 600 - pdo * np.log2(base_odds)
    assert even.any()
    assert (card.decision_function(X)[even] == 0).all()
    assert (card.student_.decision_function(X)[even] == 0).all()
    np.testing.assert_array_equal(card.student_.predict(X), card.predict(X))
    np.testing.assert_allclose(card.student_.predict_proba(X), card.predict_proba(X), atol=1e-12)


def holds(text, value, other):
    """Read the text of a bin, as the reader of a printed card does."""
    if value is None or pd.isna(value):
        return text in {"missing", "missing or other"}
    if isinstance(value, str):
        return value in text.split(", ") if value in other else text == "missing or other"
    if text in {"True", "False"}:
        return bool(value) is (text == "True")
    sign, _, end = text.partition(" ")
    if sign.startswith("("):
        return float(sign[1:-1]) < value <= float(end[:-1])
    if sign in {"=", "<=", ">"}:
        end = float(end)
        return {"=": value == end, "<=": value <= end, ">": value > end}[sign]
    return text == "any value"


def score_by_hand(card, frame):
    """Score rows with nothing but the printed table."""
    table = card.points_table_
    scores = np.full(len(frame), table.loc[0, "points"])
    for name, part in table[1:].groupby("feature"):
        other = {one for text in part["bin"] for one in text.split(", ")}
        for i, value in enumerate(frame[name].tolist()):
            in_bin = [holds(text, value, other) for text in part["bin"]]
            assert sum(in_bin) == 1, (name, value, part["bin"].tolist())
            scores[i] += part["points"].to_numpy()[np.array(in_bin)][0]
    return scores


def test_the_table_is_all_there_is(on_frame, mixed_table):
    """On new rows, with missing values and a category that was never seen."""
    frame = mixed_table[0].sample(60, random_state=1).reset_index(drop=True)
    frame.loc[:9, "age"] = np.nan
    frame.loc[5:14, "purpose"] = "balloon"
    frame.loc[20:24, "amount"] = 1e9
    scores = score_by_hand(on_frame, frame)
    np.testing.assert_array_equal(on_frame.score_samples(frame), scores)
    odds = 50 * 2 ** ((scores - 600) / 20)
    np.testing.assert_allclose(on_frame.predict_proba(frame)[:, 1], odds / (1 + odds), rtol=1e-10)


@pytest.mark.parametrize(
    "convert",
    [
        pl.from_pandas,
        lambda frame: pa.Table.from_pandas(frame, preserve_index=False),
        lambda frame: frame.convert_dtypes(),
        lambda frame: frame.astype({"purpose": "category"}),
    ],
    ids=["polars", "pyarrow", "nullable", "categorical"],
)
def test_every_library_gives_the_same_card(on_frame, mixed_table, convert):
    frame, label = mixed_table
    scores = on_frame.score_samples(frame)
    np.testing.assert_array_equal(on_frame.score_samples(convert(frame)), scores)
    again = DistilledScorecardClassifier(random_state=0)
    proba = on_frame.predict_proba(frame)
    one = clone(again).fit(frame, label, teacher_proba=proba)
    two = clone(again).fit(convert(frame), label, teacher_proba=proba)
    pd.testing.assert_frame_equal(one.points_table_, two.points_table_)
    assert on_frame.explain_points(convert(frame)).shape[0] == len(frame)


def test_a_pandas_table_keeps_its_index(on_frame, mixed_table):
    part = mixed_table[0].iloc[[7, 3]]
    assert on_frame.explain_points(part).index.tolist() == [7, 3]


def test_the_default_teacher_takes_a_raw_table(mixed_table):
    frame, label = mixed_table
    card = DistilledScorecardClassifier(cv=2, n_augmented=500, random_state=0).fit(frame, label)
    assert card.classes_.tolist() == ["bad", "good"]
    assert card.score(frame, label) > 0.65
    report = fidelity_report(card, frame, label).to_dict()
    # the teacher remembers these labels, of which the card has seen out-of-fold answers only
    assert report["agreement"]["estimate"] > 0.7


def test_shap_values_add_up_to_the_probability(on_frame, mixed_table):
    frame = mixed_table[0]
    values = explain(on_frame, frame.head(10), background=frame.head(30)).student
    assert values.shape == (10, 4, 2)
    total = values.base_values + values.values.sum(axis=1)
    np.testing.assert_allclose(total, on_frame.predict_proba(frame.head(10)), atol=1e-9)


def test_table_counts_real_rows(on_frame, mixed_table):
    table = on_frame.points_table_
    assert table.columns.tolist() == [
        "feature",
        "bin",
        "rows",
        "share",
        "teacher mean",
        "coefficient",
        "points",
    ]
    sums = table[1:].groupby("feature")[["rows", "share"]].sum()
    assert (sums["rows"] == len(mixed_table[0])).all()
    np.testing.assert_allclose(sums["share"], 1)
    known = ~table["bin"].isin(["missing", "missing or other"])
    assert (table.loc[known, "share"] >= 0.005 - 1e-9).all()
    np.testing.assert_allclose(table.loc[known, "share"], table.loc[known, "rows"] / 400)
    assert table["teacher mean"].dropna().between(0, 1).all()


def test_rounding_loss_is_what_recomputation_gives(student, frozen):
    X, _, teacher = frozen
    p = teacher.predict_proba(X)[:, 1]
    table = student.points_table_
    offset, factor = 600 - 20 / np.log(2) * np.log(50), 20 / np.log(2)
    coefficient = table.set_index(["feature", "bin"])["coefficient"]
    exact = np.full(len(X), table.loc[0, "coefficient"])
    for name, part in table[1:].groupby("feature"):
        values = X[:, int(name[1:])]
        for text in part["bin"]:
            inside = np.array([holds(text, value, ()) for value in values])
            exact[inside] += coefficient[name, text]
    rounded = (student.score_samples(X) - offset) / factor

    def loss(log_odds):
        return np.mean(np.logaddexp(0, log_odds) - p * log_odds)

    np.testing.assert_allclose(student.rounding_loss_, loss(rounded) - loss(exact), atol=1e-12)
    change = np.abs(1 / (1 + np.exp(-rounded)) - 1 / (1 + np.exp(-exact)))
    np.testing.assert_allclose(student.rounding_change_, change.max(), atol=1e-12)
    coarse = clone(student).set_params(pdo=1).fit(X)
    assert coarse.rounding_loss_ > abs(student.rounding_loss_)


@pytest.mark.parametrize("good_class", [0, 1])
def test_points_are_monotone_where_constrained(frozen, good_class):
    X, _, teacher = frozen
    free = DistilledScorecardClassifier(teacher, random_state=0).fit(X).points_table_
    falls = {name: np.diff(part["points"][:-1]) for name, part in free[1:].groupby("feature")}
    assert any((steps < 0).any() and (steps > 0).any() for steps in falls.values())
    signs = [1, -1, 1, -1, 1, 0]
    card = DistilledScorecardClassifier(
        teacher, monotonic_cst=signs, good_class=good_class, random_state=0
    ).fit(X)
    direction = 1 if good_class == 1 else -1
    for name, part in card.points_table_[1:].groupby("feature"):
        steps = np.diff(part["points"].to_numpy()[:-1])  # every two neighbouring known bins
        assert (steps * signs[int(name[1:])] * direction >= 0).all(), name


def test_permuted_columns_permute_the_table(frozen):
    X, y, _ = frozen
    frame = pd.DataFrame(X, columns=list("abcdef"))
    scores = RandomForestClassifier(20, random_state=0).fit(X, y).predict_proba(X)
    card = DistilledScorecardClassifier().fit(frame, teacher_proba=scores)
    other = DistilledScorecardClassifier().fit(frame[list("cafebd")], teacher_proba=scores)
    one = card.points_table_.sort_values("feature", kind="stable").reset_index(drop=True)
    two = other.points_table_.sort_values("feature", kind="stable").reset_index(drop=True)
    pd.testing.assert_frame_equal(one, two, rtol=1e-6)


def test_weight_two_is_a_row_twice(frozen):
    """Everything is a sum of weights; only "rows" of the table counts rows."""
    X, _, teacher = frozen
    weight = np.random.default_rng(0).integers(0, 4, size=len(X))
    student = DistilledScorecardClassifier(teacher, random_state=0)
    weighted = clone(student).fit(X, sample_weight=weight)
    repeated = clone(student).fit(np.repeat(X, weight, axis=0))
    np.testing.assert_array_equal(weighted.score_samples(X), repeated.score_samples(X))
    columns = ["feature", "bin", "share", "points"]
    pd.testing.assert_frame_equal(weighted.points_table_[columns], repeated.points_table_[columns])


def test_weights_have_no_unit(frozen):
    X, y, teacher = frozen
    student = DistilledScorecardClassifier(teacher, random_state=0)
    one = clone(student).fit(X, y)
    seven = clone(student).fit(X, y, sample_weight=np.full(len(X), 7.0))
    np.testing.assert_array_equal(one.score_samples(X), seven.score_samples(X))


def test_sizes(frozen):
    X, _, teacher = frozen
    card = DistilledScorecardClassifier(
        teacher, max_bins=3, max_features=2, min_bin_share=0.2, random_state=0
    ).fit(X)
    parts = dict(iter(card.points_table_[1:].groupby("feature")))
    assert len(parts) == 2
    for part in parts.values():
        assert len(part) <= 4  # three and missing
        assert (part["share"][:-1] >= 0.2).all()
    assert card.explain_points(X).shape == (len(X), 3)


def test_selection_keeps_what_matters():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 8))

    def teacher(rows):
        p = 1 / (1 + np.exp(-2 * rows[:, 2] + np.where(rows[:, 5] > 0, 1.5, -1.5)))
        return np.column_stack([1 - p, p])

    card = DistilledScorecardClassifier(
        as_teacher(teacher, classes=[0, 1]), max_features=2, random_state=0
    ).fit(X)
    assert set(card.points_table_["feature"]) == {BASE, "x2", "x5"}


@pytest.mark.parametrize("special", [[-9, -8], {"income": [-9, -8]}])
def test_special_and_missing_values_have_their_own_bins(special):
    rng = np.random.default_rng(0)
    income = rng.normal(10, 1, 500)
    income[:60], income[60:100], income[100:150] = -9, -8, np.nan
    frame = pd.DataFrame({"income": income, "age": rng.normal(40, 9, 500)})

    def teacher(rows):
        x = np.asarray(rows["income"], dtype=float)
        p = np.select([x == -9, x == -8, np.isnan(x)], [0.9, 0.2, 0.6], 0.05 + 0.06 * x)
        return np.column_stack([1 - p, p])

    card = DistilledScorecardClassifier(
        as_teacher(teacher, classes=["no", "yes"]), special_values=special, random_state=0
    ).fit(frame)
    part = card.points_table_[card.points_table_["feature"] == "income"].set_index("bin")
    assert part.loc[["= -9", "= -8", "missing"], "rows"].tolist() == [60, 40, 50]
    np.testing.assert_allclose(part.loc[["= -9", "= -8"], "teacher mean"], [0.9, 0.2])
    steps = np.diff(part["points"][:-3])
    assert (steps > 0).all()  # the codes do not disturb the scale
    assert part.loc["= -9", "points"] > part.loc["missing", "points"] > part.loc["= -8", "points"]


def test_a_bin_without_rows_has_the_mean_points(student, frozen):
    X = frozen[0]
    row = X[:1].copy()
    row[0, 0] = np.nan
    points = student.explain_points(X)["x0"]
    missing = student.explain_points(row)["x0"].iloc[0]
    assert points.min() < missing < points.max()


def test_categories_are_grouped_by_what_the_teacher_makes_of_them():
    rng = np.random.default_rng(0)
    shop = rng.choice(list("abcdefgh"), 800)
    frame = pd.DataFrame({"shop": shop, "x": rng.normal(size=800)})

    def teacher(rows):
        z = np.isin(np.asarray(rows["shop"]), ["b", "e", "g"]) * 2.0 + np.asarray(rows["x"])
        p = 1 / (1 + np.exp(-z))
        return np.column_stack([1 - p, p])

    card = DistilledScorecardClassifier(as_teacher(teacher, classes=[0, 1]), random_state=0)
    table = card.fit(frame).points_table_
    groups = table.loc[table["feature"] == "shop", "bin"].tolist()
    assert {frozenset(group.split(", ")) for group in groups[:-1]} == {
        frozenset("acdfh"),
        frozenset("beg"),
    }
    assert groups[-1] == "missing or other"


def test_unfitted_teachers_labels_and_unlabelled_rows(frozen):
    X, y, _ = frozen
    names = np.array(["bad", "good"])[y]
    teacher = HistGradientBoostingClassifier(max_iter=10, random_state=0)
    card = DistilledScorecardClassifier(teacher, alpha=0.2, temperature=2.0, random_state=0)
    card.fit(X[:300], names[:300], X_unlabeled=X[300:])
    assert card.distillation_["source"] == "out-of-fold"
    assert card.points_table_.loc[0, "rows"] == 400
    assert card.score(X, names) > 0.7
    np.testing.assert_allclose(
        card.decision_function(X),
        np.log(card.predict_proba(X) @ [-1, 1] / 2 + 0.5)
        - np.log(0.5 - card.predict_proba(X) @ [-1, 1] / 2),
        atol=1e-8,
    )


def test_labels_alone_make_an_ordinary_scorecard(frozen):
    X, y, teacher = frozen
    card = DistilledScorecardClassifier(teacher, alpha=1.0, max_bins=4, min_bin_share=0.05)
    card.fit(X, y)
    assert card.distillation_["n_augmented"] == 0
    # the card fits every known bin's share of the second class, up to the light penalty
    shares = card.points_table_["teacher mean"][0], card.predict_proba(X)[:, 1].mean()
    assert shares[0] == pytest.approx(y.mean())
    assert shares[1] == pytest.approx(y.mean(), abs=0.01)


def test_closer_to_the_teacher_than_logistic_regression(frozen):
    X, _, teacher = frozen
    p = teacher.predict_proba(X)
    card = DistilledScorecardClassifier(teacher, random_state=0).fit(X)
    rows, labels = np.repeat(X, 2, axis=0), np.tile([0, 1], len(X))
    logistic = LogisticRegression().fit(rows, labels, sample_weight=p.ravel())

    def loss(model):
        return -(p * np.log(model.predict_proba(X))).sum(axis=1).mean()

    assert loss(card) < loss(logistic)


@pytest.mark.parametrize(("n", "d"), [(2, 1), (5, 3)], ids=["two rows, one column", "five rows"])
def test_tiny_tables(n, d):
    X = np.random.default_rng(0).normal(size=(n, d))
    p = np.linspace(0.1, 0.9, n)
    card = DistilledScorecardClassifier().fit(X, teacher_proba=np.column_stack([1 - p, p]))
    assert np.isfinite(card.predict_proba(X)).all()


@pytest.mark.parametrize("p", [0.0, 0.3, 1.0])
def test_a_teacher_that_says_the_same_of_all_rows(p):
    X = np.random.default_rng(0).normal(size=(30, 2))
    proba = np.tile([1 - p, p], (30, 1))
    card = DistilledScorecardClassifier().fit(X, teacher_proba=proba)
    np.testing.assert_allclose(card.predict_proba(X), proba, atol=0.01)
    np.testing.assert_allclose(card.student_.predict_proba(X), card.predict_proba(X), atol=1e-12)


def test_constant_and_empty_columns():
    rng = np.random.default_rng(0)
    X = np.column_stack([rng.normal(size=80), np.full(80, 3.0), np.full(80, np.nan)])
    p = 1 / (1 + np.exp(-2 * X[:, 0]))
    card = DistilledScorecardClassifier().fit(X, teacher_proba=np.column_stack([1 - p, p]))
    assert set(card.points_table_["feature"]) == {BASE, "x0"}
    np.testing.assert_allclose(card.predict_proba(X)[:, 1], p, atol=0.15)


def test_more_than_two_classes_are_refused(frozen):
    X = frozen[0]
    P = np.full((len(X), 3), 1 / 3)
    match = "Only binary classification is supported.*classes \\[0, 1, 2\\]"
    with pytest.raises(InvalidInputError, match=match):
        DistilledScorecardClassifier().fit(X, teacher_proba=P)
    with pytest.raises(InvalidInputError, match=match):
        DistilledScorecardClassifier().fit(X, np.arange(len(X)) % 3)
    teacher = as_teacher(lambda rows: np.full((len(rows), 3), 1 / 3), classes=[0, 1, 2])
    with pytest.raises(InvalidInputError, match=match):
        DistilledScorecardClassifier(teacher).fit(X)


@pytest.mark.parametrize(
    ("params", "match"),
    [
        ({"good_class": "gold"}, "'good_class' parameter must be one of the classes \\[0, 1\\]"),
        ({"special_values": {"y": [1]}}, "names 'y', which is not a column"),
        ({"special_values": ["never"]}, "needs a list of finite numbers for every column"),
        ({"special_values": {"x1": [np.nan]}}, "finite numbers for 'x1'"),
        ({"max_bins": 1}, "The 'max_bins' parameter"),
        ({"pdo": 0}, "The 'pdo' parameter"),
        ({"base_odds": -1}, "The 'base_odds' parameter"),
        ({"max_features": 0}, "The 'max_features' parameter"),
    ],
)
def test_bad_parameters_say_so(frozen, params, match):
    X, _, teacher = frozen
    with pytest.raises(ValueError, match=match):
        DistilledScorecardClassifier(teacher, **params).fit(X)


def test_categories_have_no_special_values(mixed_table):
    frame, label = mixed_table
    proba = np.full((len(frame), 2), 0.5)
    with pytest.raises(InvalidInputError, match="names 'purpose', a category column"):
        DistilledScorecardClassifier(special_values={"purpose": [1]}).fit(
            frame, label, teacher_proba=proba
        )


def test_bins_of_columns_that_are_not_there():
    with pytest.raises(InvalidInputError, match="positions of columns of X, 0 to 1"):
        BinIndicators({2: ScorecardBins()}).fit(np.zeros((3, 2)))
