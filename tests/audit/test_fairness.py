"""Group fairness: laws, oracles, and what it refuses to say."""

import json

import numpy as np
import pytest
from fairlearn.metrics import (
    MetricFrame,
    false_positive_rate,
    selection_rate,
    true_positive_rate,
)
from sklearn.datasets import load_iris
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from interpkd.audit import group_fairness
from interpkd.exceptions import InvalidInputError, MissingExtraError

N = 420
rng = np.random.default_rng(0)
SEX = np.array(["f", "m"])[rng.integers(0, 2, N)]
REGION = np.array(["east", "north", "west", None], dtype=object)[
    rng.choice(4, N, p=[0.5, 0.33, 0.05, 0.12])
]
X = np.column_stack([rng.normal(size=N) + (SEX == "m"), rng.normal(size=N), np.zeros(N)])
Y = (X[:, 0] - X[:, 1] + rng.normal(0, 0.7, N) < 0).astype(int)
STUDENT = DecisionTreeClassifier(max_leaf_nodes=5, random_state=0).fit(X, Y)
P = STUDENT.predict_proba(X)[:, 1]
TEACHER_P = np.clip(P + rng.normal(0, 0.25, N), 0, 1)
TEACHER = np.column_stack([1 - TEACHER_P, TEACHER_P])
W = rng.integers(0, 4, N).astype(float)
GROUPS = {"sex": SEX, "region": REGION}


@pytest.fixture(autouse=True)
def without_screen(request, monkeypatch):
    """Leave the proxy screen out, which takes most of the time, where a test does not ask for it."""
    if "screen" not in request.fixturenames:
        monkeypatch.setattr("interpkd.audit._fairness.screen_proxies", lambda *_, **__: [])


@pytest.fixture
def screen():
    """Ask for the proxy screen."""


def ask(groups=None, **options):
    options = {"teacher": TEACHER, **options}
    groups = GROUPS if groups is None else groups
    return group_fairness(STUDENT, X, options.pop("y", Y), groups=groups, **options)


@pytest.fixture(scope="module")
def found():
    return ask(adverse_class=1)


@pytest.fixture(scope="module")
def weighted():
    return ask(adverse_class=1, sample_weight=W)


def estimates(group):
    return {
        (who, name): score.estimate
        for who, scores in group.parts()
        for name, score in scores.items()
    }


@pytest.mark.parametrize("weights", [None, W], ids=["plain", "weighted"])
def test_rates_are_those_of_fairlearn_and_of_brute_force(found, weighted, weights):
    result, w = (found, np.ones(N)) if weights is None else (weighted, W)
    good, used = Y == 0, w > 0
    for who, p in (("student", P), ("teacher", TEACHER_P)):
        selected = p <= 0.5
        metrics = {
            "selection_rate": selection_rate,
            "true_positive_rate": true_positive_rate,
            "false_positive_rate": false_positive_rate,
        }
        frame = MetricFrame(
            metrics=metrics,
            y_true=good.astype(int),
            y_pred=selected.astype(int),
            sensitive_features=SEX,
            sample_params={name: {"sample_weight": w} for name in metrics},
        )
        for sex in "fm":
            group = result.group(sex=sex)
            rows = used & (sex == SEX)
            scores = getattr(group, who)
            assert group.n == rows.sum()
            for name in metrics:
                assert scores[name].estimate == pytest.approx(frame.by_group[name][sex])
            brute = {
                "selection_rate": np.average(selected[rows], weights=w[rows]),
                "true_positive_rate": np.average(selected[rows & good], weights=w[rows & good]),
                "calibration": np.average((1 - p - good)[rows], weights=w[rows]),
            }
            for name, value in brute.items():
                assert scores[name].estimate == pytest.approx(value)
        f, m = (
            np.average(selected[used & (sex == SEX)], weights=w[used & (sex == SEX)])
            for sex in "fm"
        )
        ratios = {sex: getattr(result.group(sex=sex), who)["impact_ratio"].estimate for sex in "fm"}
        assert ratios == pytest.approx({"f": f / max(f, m), "m": m / max(f, m)})


def test_every_estimate_lies_in_its_interval(found, weighted):
    for result in (found, weighted):
        for group in (result.overall, *result.groups):
            for _, scores in group.parts():
                for name, score in scores.items():
                    if score.low is not None:
                        assert score.low <= score.estimate <= score.high, (group.label, name)


def test_weight_two_is_a_row_twice(weighted):
    twice = np.repeat(np.arange(N), W.astype(int))
    groups = {"sex": SEX[twice], "region": REGION[twice]}
    result = group_fairness(
        STUDENT, X[twice], Y[twice], groups=groups, teacher=TEACHER[twice], adverse_class=1
    )
    for label in ("sex = f", "sex = m", "region = east"):
        one, other = (
            next(group for group in of.groups if group.label == label) for of in (weighted, result)
        )
        assert estimates(one) == pytest.approx(estimates(other))
        assert one.share == pytest.approx(other.share)


def test_other_names_permute_the_groups(found):
    swapped = ask({"sex": np.where(SEX == "f", "m", "f")}, adverse_class=1)
    for name, other in (("f", "m"), ("m", "f")):
        one, two = found.group(sex=name).to_dict(), swapped.group(sex=other).to_dict()
        for part in ("n", "share", "teacher", "student", "fidelity", "reference_of"):
            assert one[part] == two[part]


def test_a_student_that_is_its_teacher_changes_nothing():
    result = ask(teacher=STUDENT, adverse_class=1)
    for group in result.groups:
        if group.insufficient is None:
            assert group.change["selection_rate"].estimate == 0
            assert group.change["impact_ratio"].estimate in {0, None}
            assert group.fidelity["agreement"].estimate == 1
            assert group.teacher == group.student
            assert not group.worse_in


def test_the_change_is_the_difference_of_both_models(found):
    for group in found.groups:
        if group.insufficient is None:
            one, other = (of["selection_rate"].estimate for of in (group.student, group.teacher))
            assert group.change["selection_rate"].estimate == pytest.approx(one - other)
            wide, narrow = group.change_jointly["selection_rate"], group.change["selection_rate"]
            assert wide.low <= narrow.low <= narrow.high <= wide.high


def test_a_group_treated_worse_is_named():
    harsh = np.where((SEX == "f") & (rng.random(N) < 0.8), 0.02, P)
    options = {"teacher": np.column_stack([1 - harsh, harsh]), "reference": "m"}
    result = ask({"sex": SEX}, adverse_class=1, **options)
    assert result.group(sex="f").worse_in == ("selection_rate", "impact_ratio")


def test_small_groups_have_no_number(found):
    few = [group for group in found.groups if group.insufficient]
    assert "region = west" in {group.label for group in few}
    for group in few:
        assert group.n < found.min_cell
        assert not any(scores for _, scores in group.parts())
    for group in found.groups:
        for _, scores in group.parts():
            for score in scores.values():
                if score.method.startswith("insufficient data"):
                    assert (score.estimate, score.low, score.high) == (None, None, None)
                else:
                    assert score.n >= found.min_cell


def test_a_ratio_needs_favourable_decisions():
    good = np.where(np.arange(N) < 4, 0.9, 0.1)
    rare = np.column_stack([good, 1 - good])
    result = ask({"sex": SEX}, teacher=rare, adverse_class=1)
    ratios = [result.group(sex=sex).teacher["impact_ratio"] for sex in "fm"]
    assert all("favourable decisions" in ratio.method for ratio in ratios)
    # nobody of a large group is chosen: that is much to know, and it is said
    none = np.column_stack([(SEX == "m") * 0.9, 1 - (SEX == "m") * 0.9])
    ratio = ask({"sex": SEX}, teacher=none, adverse_class=1).group(sex="f").teacher["impact_ratio"]
    assert ratio.estimate == ratio.low == 0
    assert ratio.high < 0.05


def test_references(found):
    chosen = {(*one["attributes"], one["use"]): one for one in found.references}
    assert chosen["region", "teacher"]["values"] != [None]
    assert "highest selection rate of the teacher" in chosen["sex", "change"]["chosen"]
    given = ask(adverse_class=1, reference={"sex": "f", "region": "east"})
    assert all(
        set(one["values"]) <= {"f", "east"} and one["chosen"] == "given" for one in given.references
    )
    assert given.group(sex="f").reference_of == ("teacher", "student", "change")
    east = given.group(sex="m", region="east").student
    base = given.group(sex="f", region="east").student
    ratio = east["selection_rate"].estimate / base["selection_rate"].estimate
    assert east["impact_ratio"].estimate == pytest.approx(ratio)
    assert ask({"sex": SEX}, adverse_class=1, reference="m").group(sex="m").reference_of
    small = ask(adverse_class=1, reference={"region": "west"})
    assert "there is no group" in small.group(region="east").student["impact_ratio"].method


def test_without_labels_and_without_a_teacher():
    result = ask(y=None, teacher=None, adverse_class=1)
    group = result.group(sex="f")
    assert set(group.student) == {"selection_rate", "impact_ratio", "standardized_difference"}
    assert result.n_joint == 0
    assert not any((group.teacher, group.fidelity, group.change))


def test_favourable_is_said_or_assumed():
    assumed, said = ask({"sex": SEX}), ask({"sex": SEX}, favourable_class=0)
    assert (assumed.favourable, assumed.adverse, assumed.is_assumed) == (0, 1, True)
    assert not said.is_assumed
    assert said.groups == assumed.groups
    other = ask({"sex": SEX}, favourable_class=1).group(sex="f").student["selection_rate"]
    assert other.estimate == pytest.approx(
        1 - said.group(sex="f").student["selection_rate"].estimate
    )


def test_more_than_two_classes():
    Z, y = load_iris(return_X_y=True)
    tree = DecisionTreeClassifier(max_depth=2).fit(Z, y)
    groups = {"half": np.arange(150) % 2}
    with pytest.raises(InvalidInputError, match="Of 3 classes it must be said"):
        group_fairness(tree, Z, y, groups=groups)
    one = group_fairness(tree, Z, y, groups=groups, favourable_class=2, teacher=tree)
    decided = tree.predict(Z)[::2]
    assert one.group(half=0).student["selection_rate"].estimate == np.mean(decided == 2)
    other = group_fairness(tree, Z, y, groups=groups, adverse_class=2, teacher=tree)
    assert other.favourable is None
    assert other.group(half=0).student["selection_rate"].estimate == np.mean(decided != 2)
    assert "any class but 2" in str(other)


def test_regression():
    target = X[:, 0] * 3
    tree = DecisionTreeRegressor(max_leaf_nodes=4).fit(X, target)
    result = group_fairness(tree, X, target, groups={"sex": SEX}, teacher=target)
    means = {sex: tree.predict(X)[sex == SEX].mean() for sex in "fm"}
    base = result.references[0]["values"][0]
    assert result.references[0]["chosen"] == "the group of most rows, by weight"
    for sex in "fm":
        group = result.group(sex=sex)
        assert group.student["mean_prediction"].estimate == pytest.approx(means[sex])
        difference = group.student["mean_difference"].estimate
        assert difference == pytest.approx(means[sex] - means[base])
        assert not group.worse_in
    with pytest.raises(InvalidInputError, match="named as a class"):
        group_fairness(tree, X, groups={"sex": SEX}, teacher=target, adverse_class=1)
    with pytest.raises(InvalidInputError, match="divides two classes"):
        group_fairness(tree, X, groups={"sex": SEX}, teacher=target, cutoff=0.4)


def test_proxies(screen):
    # x1 and x2 are the attribute; x2 bears its name, and the student uses one of them
    Z = np.column_stack([X[:, 1], SEX == "f", SEX == "f"]).astype(float)
    tree = DecisionTreeClassifier(max_depth=1, random_state=0).fit(Z, SEX == "f")
    used = int(tree.tree_.feature[0])
    sex, region = group_fairness(tree, Z, groups={"x2": SEX, "region": REGION}).proxies
    assert sex.is_input
    assert sex.is_used == (used == 2)
    assert (sex.auc, sex.accuracy.estimate) == (1, 1)
    assert sex.auc_used == (1 if used == 1 else 0.5)
    assert (sex.columns[0].column, sex.columns[0].auc) == ("x1", 1)
    assert 0.5 < sex.baseline < 0.6
    assert not region.is_input
    assert region.auc < 0.65
    assert region.values == ("east", "north")


def test_a_value_alone_cannot_be_told(screen):
    screen = ask({"all": np.ones(N)}, adverse_class=1).proxies[0]
    assert screen.not_computed == "fewer than two values have 30 rows"


def test_intersections_beyond_the_most_are_left_out():
    many = {name: np.arange(N) // k % 15 for name, k in (("a", 1), ("b", 15), ("c", 28))}
    result = ask(many, adverse_class=1)
    assert result.left_out
    assert all(" and " in name for name in result.left_out)
    assert len(result.groups) < 300


def test_shapes_of_the_result(found):
    assert json.loads(json.dumps(found.to_dict(), allow_nan=False)) == found.to_dict()
    frame = found.to_frame()
    assert list(frame) == ["group", "model", "score", "estimate", "low", "high", "n", "method"]
    assert set(frame["model"]) == {
        "teacher", "student", "student vs teacher", "student minus teacher",
    }  # fmt: skip
    text = str(found)
    assert "AUC of used columns" in text
    for part in ("favourable: 0", "Adverse-impact ratios", "insufficient data", "(reference)"):
        assert part in text
    with pytest.raises(KeyError, match="x"):
        found.group(sex="x")


def test_names_are_text():
    nasty = {"<b>&": np.where(SEX == "f", "</td><script>alert(1)</script>", "\u202ex | y")}
    result = ask(nasty, adverse_class=1)
    html = result._repr_html_()
    assert "<script" not in html
    assert "<b>" not in html
    assert "&lt;/td&gt;&lt;script&gt;" in html
    assert "\u202e" not in html + str(result)


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"groups": {}}, "groups holds no attribute"),
        ({"groups": {"sex": SEX[:9]}}, r"groups\['sex'\] must have one label per row of X, 420"),
        ({"groups": {"id": np.arange(N)}}, "420 different values"),
        ({"groups": "sex"}, "Pass the column itself"),
        ({"min_cell": 5}, "min_cell must be an int of at least 10, got 5"),
        ({"reference": "f"}, "does not say of which attribute"),
        ({"reference": {"age": 1}}, "not in groups"),
        ({"reference": {"sex": "x"}}, r"reference\['sex'\] must be one of"),
        ({"adverse_class": 7}, "adverse_class must be one of the classes"),
        ({"adverse_class": 1, "favourable_class": 0}, "not both"),
        ({"alpha": 2}, "alpha must be a number"),
        ({"cutoff": 1}, "cutoff must be a number strictly between"),
        ({"sample_weight": -W}, "sample_weight must be finite and at least 0"),
    ],
)
def test_what_breaks_a_rule_is_refused(options, match):
    with pytest.raises(InvalidInputError, match=match):
        ask(**options)


def test_the_missing_extra_is_named(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "fairlearn", None)
    monkeypatch.setitem(__import__("sys").modules, "fairlearn.metrics", None)
    with pytest.raises(MissingExtraError, match=r'pip install "interpkd\[fairness\]"'):
        ask()
