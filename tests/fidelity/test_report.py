"""The report: what it holds, its laws, and every shape its input may have."""

import json
from dataclasses import FrozenInstanceError

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, r2_score, roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from interpkd import DistilledTreeClassifier, DistilledTreeRegressor, as_teacher
from interpkd.fidelity import FidelityReport, ScoreEstimate, SegmentScores, fidelity_report

SCORE_KEYS = ["estimate", "low", "high", "n", "method"]
CLASSIFICATION = ["agreement", "kl_divergence", "proba_r2", "proba_mae", "decision_auc"]
REGRESSION = ["r2", "mae", "rmse"]
PERFORMANCE = ["accuracy", "auc", "log_loss", "brier"]
HEAD = ["task", "classes", "n_rows", "n_groups", "weighted", "confidence", "cutoff"]
TAIL = ["more", "performance", "segments", "definitions"]
MORE = ["cohen_kappa", "positive_agreement", "negative_agreement", "js_divergence"]
MORE += ["total_variation", "proba_rmse", "logit_mae", "logit_rmse", "logit_r2", "spearman"]
MORE += ["kendall", "calibration_bias", "calibration_slope", "calibration_error"]
OF_TWO = {"positive_agreement", "negative_agreement", "calibration_bias"}
MORE_REGRESSION = ["mean_error", "error_q50", "error_q90", "spearman", "kendall"]
BETTING = "betting bounds, guaranteed"
JACKKNIFE = "jackknife t on {}, {} rows"


class Case:
    """A teacher, a student and held-out rows."""

    def __init__(self, load, teacher, student):
        X, y = load(return_X_y=True, as_frame=True)
        rows = np.random.default_rng(0).permutation(len(X))
        train, test = rows[len(X) // 2 :], rows[: len(X) // 2]
        self.X, self.y = X.iloc[test].reset_index(drop=True), y.iloc[test].to_numpy()
        self.teacher = teacher.fit(X.iloc[train], y.iloc[train])
        self.student = student.fit(X.iloc[train], self.teacher.predict(X.iloc[train]))

    def report(self, **parameters):
        return fidelity_report(self.student, self.X, self.y, teacher=self.teacher, **parameters)


@pytest.fixture(scope="module")
def binary():
    forest = RandomForestClassifier(n_estimators=10, max_depth=4, random_state=0)
    tree = DecisionTreeClassifier(max_leaf_nodes=4, min_samples_leaf=15, random_state=0)
    return Case(load_breast_cancer, forest, tree)


@pytest.fixture(scope="module")
def multiclass():
    forest = RandomForestClassifier(n_estimators=10, max_depth=3, random_state=0)
    tree = DecisionTreeClassifier(max_leaf_nodes=3, min_samples_leaf=8, random_state=0)
    return Case(load_iris, forest, tree)


@pytest.fixture(scope="module")
def regression():
    forest = RandomForestRegressor(n_estimators=10, max_depth=5, random_state=0)
    return Case(load_diabetes, forest, DecisionTreeRegressor(max_leaf_nodes=8, random_state=0))


@pytest.fixture(params=["binary", "multiclass", "regression"])
def case(request):
    return request.getfixturevalue(request.param)


def estimates(report):
    """Give every estimate of a report in one dictionary."""
    found = {name: score.estimate for name, score in report.scores.items()}
    for who, scores in report.performance.items():
        found |= {(who, name): score.estimate for name, score in scores.items()}
    for part in report.segments:
        found |= {
            (part.segment, part.value, name): score.estimate for name, score in part.scores.items()
        }
    return found


def all_scores(report):
    yield from report.scores.values()
    yield from report.more.values()
    for scores in (*report.performance.values(), *(part.scores for part in report.segments)):
        yield from scores.values()


def same(one, other):
    """Assert that two scores are equal but for rounding errors."""
    assert (one.n, one.method) == (other.n, other.method)
    for key in ("estimate", "low", "high"):
        assert getattr(other, key) == pytest.approx(getattr(one, key), abs=1e-9)


def same_reports(one, other):
    assert [one.to_dict()[key] for key in HEAD] == [other.to_dict()[key] for key in HEAD]
    for a, b in zip(all_scores(one), all_scores(other), strict=True):
        same(a, b)


class TestContents:
    def test_keys(self, case):
        data = case.report().to_dict()
        scores = CLASSIFICATION if data["task"] == "classification" else REGRESSION
        assert list(data) == [*HEAD, *scores, *TAIL]
        for name in scores:
            assert list(data[name]) == SCORE_KEYS
        against = PERFORMANCE if data["task"] == "classification" else REGRESSION
        assert list(data["performance"]) == ["student", "teacher"]
        for of in data["performance"].values():
            assert list(of) == against
            assert all(list(score) == SCORE_KEYS for score in of.values())
        more = MORE_REGRESSION
        if data["task"] == "classification":
            more = [name for name in MORE if len(data["classes"]) == 2 or name not in OF_TWO]
        assert list(data["more"]) == more
        assert all(list(score) == SCORE_KEYS for score in data["more"].values())
        assert list(data["definitions"]) == [*dict.fromkeys([*scores, *more, *against])]

    def test_head_of_a_binary_report(self, binary):
        data = binary.report(cutoff=0.4, alpha=0.1).to_dict()
        head = ["classification", [0, 1], len(binary.X), None, False, 0.9, 0.4]
        assert [data[key] for key in HEAD] == head

    def test_head_of_a_regression_report(self, regression):
        n = len(regression.X)
        data = regression.report(sample_weight=np.ones(n), groups=np.arange(n) // 2).to_dict()
        assert [data[key] for key in HEAD] == [
            "regression",
            None,
            n,
            (n + 1) // 2,
            True,
            0.95,
            None,
        ]

    def test_more_classes_have_no_cutoff(self, multiclass):
        assert multiclass.report().cutoff is None

    def test_is_plain_json(self, case):
        n = len(case.X)
        report = case.report(
            segments={"number": np.arange(n) % 2, "text": np.resize(["a", "b"], n)},
            groups=np.arange(n) // 2,
        )
        text = json.dumps(report.to_dict(), allow_nan=False)
        assert json.loads(text) == report.to_dict()

    def test_estimates_are_scikit_learns(self, binary):
        scores = binary.report().to_dict()
        decided, given = binary.teacher.predict(binary.X), binary.student.predict(binary.X)
        P = binary.student.predict_proba(binary.X)
        assert scores["agreement"]["estimate"] == accuracy_score(decided, given)
        auc = roc_auc_score(decided, P[:, 1])
        assert scores["decision_auc"]["estimate"] == pytest.approx(auc)
        of_student = scores["performance"]["student"]
        assert of_student["accuracy"]["estimate"] == accuracy_score(binary.y, given)
        assert of_student["auc"]["estimate"] == pytest.approx(roc_auc_score(binary.y, P[:, 1]))

    def test_estimates_of_a_regression_are_scikit_learns(self, regression):
        scores = regression.report().to_dict()
        of_teacher = regression.teacher.predict(regression.X)
        of_student = regression.student.predict(regression.X)
        assert scores["r2"]["estimate"] == pytest.approx(r2_score(of_teacher, of_student))
        true = scores["performance"]["teacher"]["r2"]["estimate"]
        assert true == pytest.approx(r2_score(regression.y, of_teacher))

    def test_every_interval_holds_its_estimate(self, case):
        for score in all_scores(case.report()):
            assert score.low <= score.estimate <= score.high
            assert score.n == len(case.X)

    def test_which_methods(self, binary):
        n = len(binary.X)
        report = binary.report()
        methods = {name: score.method for name, score in {**report.scores, **report.more}.items()}
        assert methods["agreement"] == "Clopper-Pearson, exact"
        assert "Clopper-Pearson, exact, of the " in methods["positive_agreement"]
        for name in ("kl_divergence", "proba_mae", "proba_rmse", "calibration_bias", "logit_mae"):
            assert methods[name] == BETTING
        assert methods["proba_r2"] == JACKKNIFE.format("scale of log(1 - R²)", n)
        assert methods["decision_auc"] == "Newcombe's pseudo-score interval"
        assert methods["cohen_kappa"] == JACKKNIFE.format("Fisher's z scale", n)
        of_student = report.performance["student"]
        assert of_student["brier"].method == BETTING
        assert of_student["log_loss"].method == JACKKNIFE.format("log scale", n)

    def test_groups_are_the_units(self, binary):
        grouped = binary.report(groups=np.arange(len(binary.X)) % 34)
        for score in all_scores(grouped):
            assert "34 groups" in score.method
            assert "exact" not in score.method

    def test_multiclass_auc_says_what_it_averages(self, multiclass):
        method = multiclass.report().scores["decision_auc"].method
        assert method.endswith("; mean of one-vs-rest areas of 3 of 3 classes")

    def test_no_labels_no_performance(self, case):
        report = fidelity_report(case.student, case.X, teacher=case.teacher)
        assert report.to_dict()["performance"] == {}
        assert report.to_dict()["segments"] == []

    def test_one_decision_only(self, binary):
        inside = binary.teacher.predict(binary.X) == 1
        report = fidelity_report(
            binary.student, binary.X[inside], binary.y[inside], teacher=binary.teacher
        )
        score = report.to_dict()["decision_auc"]
        assert (score["estimate"], score["low"], score["high"]) == (None, None, None)
        assert score["method"] == "not computed: the teacher decides one class only"
        json.dumps(report.to_dict(), allow_nan=False)
        assert "not computed" in str(report)

    def test_one_label_only(self, binary):
        report = fidelity_report(
            binary.student, binary.X, np.ones(len(binary.X)), teacher=binary.teacher
        )
        score = report.performance["student"]["auc"]
        assert score.method == "not computed: the labels hold one class only"

    def test_one_row(self, binary):
        report = fidelity_report(binary.student, binary.X[:1], binary.y[:1], teacher=binary.teacher)
        assert report.scores["agreement"].method == "Clopper-Pearson, exact"
        assert report.scores["kl_divergence"].method == BETTING
        expected = "no interval: 1 rows, at least 30 are needed"
        assert report.more["logit_rmse"].method == expected
        assert report.scores["proba_r2"].estimate is None

    def test_is_frozen(self, binary):
        report = binary.report()
        assert isinstance(report, FidelityReport)
        assert isinstance(report.scores["agreement"], ScoreEstimate)
        with pytest.raises(FrozenInstanceError):
            report.n_rows = 3


class TestCutoff:
    @pytest.mark.parametrize("cutoff", [0.05, 0.5, 0.9])
    def test_decisions_move_with_it(self, binary, cutoff):
        teacher = binary.teacher.predict_proba(binary.X)[:, 1] > cutoff
        student = binary.student.predict_proba(binary.X)[:, 1] > cutoff
        report = binary.report(cutoff=cutoff)
        assert report.scores["agreement"].estimate == np.mean(teacher == student)
        accuracy = report.performance["student"]["accuracy"].estimate
        assert accuracy == np.mean(student == binary.y)

    def test_a_tie_is_the_first_class_as_in_predict(self):
        X = np.array([[0.0], [0], [0], [0], [1], [1]])
        y = np.array([0, 1, 0, 1, 1, 1])
        tree = DecisionTreeClassifier().fit(X, y)  # one half where x is 0
        teacher = np.eye(2)[tree.predict(X)]
        assert fidelity_report(tree, X, teacher=teacher).scores["agreement"].estimate == 1


class TestLaws:
    def test_a_model_is_faithful_to_itself(self, case):
        # a teacher without zeros, which the floor of the divergence would move
        model = case.teacher
        if hasattr(model, "classes_"):
            model = make_pipeline(StandardScaler(), LogisticRegression(C=0.001)).fit(case.X, case.y)
        report = fidelity_report(model, case.X, case.y, teacher=model)
        best = {"agreement": 1, "kl_divergence": 0, "proba_r2": 1, "proba_mae": 0, "r2": 1}
        for name, score in report.scores.items():
            if name != "decision_auc" or report.cutoff is not None:
                assert score.estimate == best.get(name, 1 if name == "decision_auc" else 0), name
        assert report.performance["student"] == report.performance["teacher"]

    def test_a_score_without_spread_has_no_interval(self, regression):
        report = fidelity_report(regression.teacher, regression.X, teacher=regression.teacher)
        assert (report.scores["mae"].low, report.scores["mae"].high) == (None, None)
        expected = "no interval: the score is at the end of its range"
        assert report.scores["mae"].method == expected

    def test_the_order_of_rows_is_irrelevant(self, case):
        n = len(case.X)
        rng = np.random.default_rng(1)
        extras = {"sample_weight": rng.uniform(size=n), "groups": rng.integers(40, size=n)}
        segments = np.arange(n) % 2
        order = rng.permutation(n)
        plain = case.report(**extras, segments=segments)
        shuffled = fidelity_report(
            case.student,
            case.X.iloc[order],
            case.y[order],
            teacher=case.teacher,
            segments=segments[order],
            **{name: values[order] for name, values in extras.items()},
        )
        for one, other in zip(all_scores(plain), all_scores(shuffled), strict=True):
            same(one, other)

    def test_whole_weights_are_repeated_rows(self, case):
        times = np.random.default_rng(2).integers(0, 4, size=len(case.X))
        rows = np.repeat(np.arange(len(case.X)), times)
        repeated = fidelity_report(
            case.student, case.X.iloc[rows], case.y[rows], teacher=case.teacher
        )
        assert estimates(case.report(sample_weight=times)) == pytest.approx(estimates(repeated))

    def test_rows_of_weight_zero_are_absent(self, case):
        weights = np.arange(len(case.X)) % 3 > 0
        part = fidelity_report(case.student, case.X[weights], case.y[weights], teacher=case.teacher)
        report = case.report(sample_weight=weights.astype(float))
        assert report.n_rows == weights.sum()
        assert dict(report.scores) == dict(part.scores)

    def test_renamed_classes_permute_nothing(self, multiclass):
        """Other names, hence another order of columns, and the same scores."""
        names = np.array(["z", "m", "a"])
        X, y = multiclass.X, multiclass.y
        plain = multiclass.report()
        student = DecisionTreeClassifier(max_leaf_nodes=3, min_samples_leaf=8, random_state=0)
        student.fit(X, names[y])
        same = DecisionTreeClassifier(max_leaf_nodes=3, min_samples_leaf=8, random_state=0)
        same.fit(X, y)
        teacher = as_teacher(multiclass.teacher, classes=names)
        renamed = fidelity_report(student, X, names[y], teacher=teacher)
        plain = fidelity_report(same, X, y, teacher=multiclass.teacher)
        assert renamed.classes == ["a", "m", "z"]
        assert estimates(renamed) == pytest.approx(estimates(plain))

    def test_labels_do_not_move_the_fidelity(self, case):
        alone = fidelity_report(case.student, case.X, teacher=case.teacher)
        for name, score in case.report().scores.items():
            same(score, alone.scores[name])

    def test_reports_are_reproducible(self, case):
        assert case.report().to_dict() == case.report().to_dict()


class TestTeachers:
    def test_scores_stand_in_for_the_teacher(self, case):
        answers = (
            case.teacher.predict_proba(case.X)
            if hasattr(case.teacher, "classes_")
            else case.teacher.predict(case.X)
        )
        given = fidelity_report(case.student, case.X, case.y, teacher=answers)
        assert given == case.report()
        listed = fidelity_report(case.student, case.X, case.y, teacher=answers.tolist())
        framed = fidelity_report(case.student, case.X, case.y, teacher=pd.DataFrame(answers))
        assert listed == framed == given

    def test_frozen_and_wrapped_teachers(self, case):
        for teacher in (FrozenEstimator(case.teacher), as_teacher(case.teacher)):
            report = fidelity_report(case.student, case.X, case.y, teacher=teacher)
            same_reports(report, case.report())

    def test_a_distilled_student_knows_its_teacher(self, binary, regression):
        for case, kind in ((binary, DistilledTreeClassifier), (regression, DistilledTreeRegressor)):
            student = kind(FrozenEstimator(case.teacher), max_leaf_nodes=4).fit(case.X)
            own = fidelity_report(student, case.X, case.y)
            assert own == fidelity_report(student, case.X, case.y, teacher=case.teacher)

    def test_a_teacher_with_fewer_classes_and_another_order(self, multiclass):
        X, y = multiclass.X, multiclass.y
        teacher = as_teacher(lambda rows: np.resize([0.9, 0.1], (len(rows), 2)), classes=[2, 0])
        report = fidelity_report(multiclass.student, X, y, teacher=teacher)
        decided = multiclass.student.predict(X)
        assert report.scores["agreement"].estimate == np.mean(decided == 2)

    def test_columns_are_taken_by_name(self, binary):
        turned = binary.X[binary.X.columns[::-1]]
        report = fidelity_report(binary.student, turned, binary.y, teacher=binary.teacher)
        assert report == binary.report()

    def test_models_that_are_no_estimators(self):
        class Handmade:
            classes_ = np.array(["no", "yes"])

            def predict_proba(self, X):
                p = np.asarray(X)[:, 0]
                return np.column_stack([1 - p, p])

        X = np.random.default_rng(0).uniform(size=(30, 2))
        report = fidelity_report(Handmade(), X, teacher=Handmade())
        assert report.scores["agreement"].estimate == 1


class TestTables:
    def test_polars(self, binary):
        student = DistilledTreeClassifier(as_teacher(binary.teacher), max_leaf_nodes=4)
        student.fit(binary.X)
        y = pl.Series(binary.y)
        report = fidelity_report(student, pl.from_pandas(binary.X), y, groups=y)
        assert report == fidelity_report(student, binary.X, binary.y, groups=binary.y)

    def test_arrays(self, binary):
        X = binary.X.to_numpy()
        teacher = RandomForestClassifier(n_estimators=5, random_state=0).fit(X, binary.y)
        student = DecisionTreeClassifier(max_depth=2).fit(X, binary.y)
        assert fidelity_report(student, X, teacher=teacher).n_rows == len(X)

    def test_column_of_labels(self, binary):
        report = fidelity_report(
            binary.student, binary.X, pd.DataFrame({"y": binary.y}), teacher=binary.teacher
        )
        assert report == binary.report()

    def test_column_of_groups(self, binary):
        groups = np.arange(len(binary.X)) // 3
        report = binary.report(groups=pd.DataFrame({"customer": groups}))
        assert report == binary.report(groups=groups)

    def test_text_labels(self, binary):
        names = np.array(["bad", "good"])
        student = DecisionTreeClassifier(max_depth=2).fit(binary.X, names[binary.y])
        teacher = as_teacher(binary.teacher, classes=names)
        report = fidelity_report(student, binary.X, pd.Series(names[binary.y]), teacher=teacher)
        assert report.to_dict()["classes"] == ["bad", "good"]


class TestSegments:
    def parts(self, binary, segments, **parameters):
        return binary.report(segments=segments, **parameters).segments

    def test_is_the_report_of_the_rows(self, case):
        inside = np.arange(len(case.X)) % 3 == 0
        parts = case.report(segments={"third": inside}).segments
        assert [(part.segment, part.value, part.n) for part in parts] == [
            ("third", False, (~inside).sum()),
            ("third", True, inside.sum()),
        ]
        alone = fidelity_report(case.student, case.X[inside], teacher=case.teacher)
        for name, score in parts[1].scores.items():
            same(score, alone.scores[name])

    def test_main_scores(self, binary, regression):
        labels = np.zeros(len(binary.X))
        assert list(self.parts(binary, labels)[0].scores) == ["agreement", "kl_divergence"]
        labels = np.zeros(len(regression.X))
        assert list(self.parts(regression, labels)[0].scores) == ["r2", "mae"]

    def test_as_dictionary(self, binary):
        part = binary.report(segments=np.zeros(len(binary.X), dtype=int)).to_dict()["segments"][0]
        assert list(part) == ["segment", "value", "n", "agreement", "kl_divergence"]
        assert (part["segment"], part["value"], part["n"]) == ("segment", 0, len(binary.X))
        assert list(part["agreement"]) == SCORE_KEYS

    @pytest.mark.parametrize("shape", ["mapping", "pandas", "polars", "series", "list"])
    def test_shapes(self, binary, shape):
        labels = np.resize(["b", "a", "b"], len(binary.X)).tolist()
        given = {
            "mapping": {"s": labels},
            "pandas": pd.DataFrame({"s": labels}),
            "polars": pl.DataFrame({"s": labels}),
            "series": pd.Series(labels, name="s"),
            "list": labels,
        }[shape]
        parts = self.parts(binary, given)
        name = "segment" if shape == "list" else "s"
        assert [(part.segment, part.value) for part in parts] == [(name, "a"), (name, "b")]

    def test_values_are_sorted_and_missing_ones_come_last(self, binary):
        labels = np.resize([2.0, np.nan, 10.0], len(binary.X))
        assert [part.value for part in self.parts(binary, labels)] == [2, 10, None]
        labels = np.resize(np.array(["b", None, np.nan, pd.NA], dtype=object), len(binary.X))
        assert [part.value for part in self.parts(binary, labels)] == ["b", None]
        labels = [["b", float("nan")][i % 2] for i in range(len(binary.X))]
        assert [part.value for part in self.parts(binary, labels)] == ["b", None]

    def test_values_of_any_kind_fit_in_json(self, binary):
        n = len(binary.X)
        mixed = np.resize(np.array([np.int64(3), "x", 2.5], dtype=object), n)
        dates = np.resize(np.array(["2020-02-01", "NaT"], dtype="datetime64[ns]"), n)
        ages = pd.cut(np.arange(n), [-1, 99, n])
        infinite = np.resize([np.inf, 1.0], n)
        segments = {"mixed": mixed, "date": dates, "age": ages, "infinite": infinite}
        report = binary.report(segments=segments)
        json.dumps(report.to_dict(), allow_nan=False)
        values = {
            name: [p.value for p in report.segments if p.segment == name] for name in segments
        }
        assert values["mixed"] == [2.5, 3, "x"]
        assert values["date"] == ["2020-02-01", None]
        assert values["age"][0] == "(-1, 99]"
        assert values["infinite"] == [1.0, "inf"]

    def test_groups_are_kept(self, binary):
        n = len(binary.X)
        parts = self.parts(binary, np.arange(n) >= n // 2, groups=np.arange(n) // 10)
        n_groups = len(np.unique(np.arange(n // 2) // 10))
        method = parts[0].scores["agreement"].method
        expected = f"betting bounds, {n_groups} groups, guaranteed"
        assert method.startswith(expected)

    def test_a_segment_without_weight(self, binary):
        weights = np.arange(len(binary.X)) % 2
        part = self.parts(binary, weights, sample_weight=weights)[0]
        assert isinstance(part, SegmentScores)
        assert part.n == 0
        method = part.scores["agreement"].method
        assert method == "not computed: all rows of the segment have weight 0"


class TestDisplays:
    def test_text(self, binary):
        n = len(binary.X)
        report = binary.report(
            segments=np.resize(["a", "b"], n),
            sample_weight=np.resize([1.0, 2], n),
            groups=np.arange(n) // 2,
        )
        text = str(report)
        facts = f"classification, 2 classes, {n} rows, {(n + 1) // 2} groups, weighted, cutoff 0.5"
        assert text.startswith(f"Fidelity report: {facts}\n\n")
        score = report.scores["agreement"]
        line = next(line for line in text.splitlines() if line.startswith("agreement "))
        expected = f"{score.estimate:.4f}  [{score.low:.4f}, {score.high:.4f}]"
        assert expected in line
        assert line.endswith(score.method)
        assert "95 % interval" in text
        assert "segment = b" in text
        assert "clipped at 0.001 and renormalised" in text

    def test_columns_are_aligned(self, binary):
        table = str(binary.report()).split("\n\n")[1].splitlines()[1:]
        starts = {line.index("[") for line in table[1:]}
        ends = {line.index("]") for line in table[1:]}
        assert len(ends) == 1
        assert len(starts) == 1

    def test_html_escapes_what_users_name(self, binary):
        labels = np.resize(["<script>", "b"], len(binary.X))
        page = binary.report(segments={"a & b": labels})._repr_html_()
        assert "a &amp; b = &lt;script&gt;" in page
        assert "<script" not in page
        assert page.count("<table>") == page.count("</table>") == 4

    def test_frame(self, binary):
        labels = np.resize(["a", "b"], len(binary.X))
        report = binary.report(segments=labels)
        frame = report.to_frame()
        assert list(frame.columns) == ["model", "group", "score", *SCORE_KEYS]
        assert len(frame) == 5 + 14 + 2 * 4 + 2 * 2
        assert set(frame["model"]) == {"student vs teacher", "student", "teacher"}
        assert list(frame["group"].unique()) == ["all rows", "segment = a", "segment = b"]
        own = frame[(frame["model"] == "teacher") & (frame["score"] == "auc")].iloc[0]
        assert own["low"] == report.performance["teacher"]["auc"].low

    def test_frame_without_intervals(self, binary):
        frame = fidelity_report(binary.student, binary.X[:3], teacher=binary.teacher).to_frame()
        assert frame["low"].dtype == float
        assert frame["low"].isna().any()
        assert not frame["low"].isna().all()

    def test_numbers_of_any_size(self, regression):
        answers = regression.teacher.predict(regression.X)
        report = fidelity_report(regression.student, regression.X, teacher=answers * 1e-9 + 1e7)
        assert f"{report.scores['mae'].estimate:.4g}" in str(report)
