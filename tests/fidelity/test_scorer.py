"""Fidelity as a scorer: sign, teachers, pipelines, searches, and weights by metadata routing."""

import math

import numpy as np
import pytest
from sklearn import config_context
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.model_selection import GridSearchCV, StratifiedKFold, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from interpkd import DistilledTreeClassifier, as_teacher
from interpkd.exceptions import InvalidInputError
from interpkd.fidelity import (
    CalibrationSlope,
    KLDivergence,
    fidelity_report,
    fidelity_scorer_names,
    make_fidelity_scorer,
)


@pytest.fixture(scope="module")
def models():
    X, y = load_breast_cancer(return_X_y=True)
    teacher = RandomForestClassifier(n_estimators=5, max_depth=4, random_state=0).fit(X, y)
    student = DecisionTreeClassifier(max_leaf_nodes=6, random_state=0).fit(X, y)
    return X, y, teacher, student


def own_student(teacher, **parameters):
    return DistilledTreeClassifier(
        as_teacher(teacher), effort="greedy", augmentation=None, random_state=0, **parameters
    )


class TestSign:
    def test_greater_scores_are_themselves(self, models):
        X, y, teacher, student = models
        scorer = make_fidelity_scorer("agreement", teacher=teacher)
        report = fidelity_report(student, X, teacher=teacher)
        assert scorer(student, X, y) == report.scores["agreement"].estimate

    def test_lower_scores_are_negated(self, models):
        X, _, teacher, student = models
        value = KLDivergence()(teacher.predict_proba(X), student.predict_proba(X))
        scorer = make_fidelity_scorer("kl_divergence", teacher=teacher)
        assert scorer(student, X) == pytest.approx(-value)

    def test_scores_best_between_are_minus_the_distance(self, models):
        X, _, teacher, student = models
        slope = CalibrationSlope()(teacher.predict_proba(X), student.predict_proba(X))
        scorer = make_fidelity_scorer("calibration_slope", teacher=teacher)
        assert scorer(student, X) == pytest.approx(-abs(slope - 1))

    def test_every_name_is_at_its_best_for_the_teacher_itself(self, models):
        X, y, _, _ = models
        model = make_pipeline(StandardScaler(), LogisticRegression(C=0.001)).fit(X, y)
        a, b = load_diabetes(return_X_y=True)
        line = LinearRegression().fit(a, b)
        of_both = {}
        for name in fidelity_scorer_names():
            for own, rows in ((model, X), (line, a)):
                try:
                    scorer = make_fidelity_scorer(name, teacher=own)
                    of_both[name] = scorer(own, rows), scorer.name
                except InvalidInputError:
                    continue
        assert list(of_both) == fidelity_scorer_names()
        for name, (value, _) in of_both.items():
            assert value in (pytest.approx(0, abs=1e-12), pytest.approx(1)), name

    def test_cutoff(self, models):
        X, _, teacher, student = models
        scorer = make_fidelity_scorer("agreement", teacher=teacher, cutoff=0.2)
        expected = np.mean(
            (teacher.predict_proba(X)[:, 1] > 0.2) == (student.predict_proba(X)[:, 1] > 0.2)
        )
        assert scorer(student, X) == expected

    def test_undefined_is_nan(self, models):
        X, _, teacher, student = models
        rows = teacher.predict(X) == 1
        assert math.isnan(make_fidelity_scorer("decision_auc", teacher=teacher)(student, X[rows]))


class TestSearch:
    def test_search_finds_the_most_faithful_size(self, models):
        X, y, teacher, _ = models
        scoring = {name: make_fidelity_scorer(name) for name in ("agreement", "kl_divergence")}
        search = GridSearchCV(
            own_student(teacher),
            {"max_leaf_nodes": [2, 8]},
            scoring=scoring,
            refit="agreement",
            cv=3,
        )
        search.fit(X, y)
        assert search.best_params_ == {"max_leaf_nodes": 8}
        assert (search.cv_results_["mean_test_kl_divergence"] < 0).all()

    def test_a_given_teacher_gets_the_rows_given(self, models):
        X, y, teacher, _ = models
        student = make_pipeline(StandardScaler(), DecisionTreeClassifier(max_leaf_nodes=4))
        scorer = make_fidelity_scorer("agreement", teacher=teacher)
        result = cross_validate(student, X, y, scoring=scorer, cv=3)
        assert (result["test_score"] > 0.8).all()

    def test_in_a_pipeline_the_own_teacher_gets_the_students_rows(self, models):
        X, y, _, _ = models
        Z = StandardScaler().fit_transform(X)
        teacher = LogisticRegression().fit(Z, y)  # of scaled rows: on raw ones it is wrong
        pipeline = make_pipeline(StandardScaler(), own_student(teacher, max_leaf_nodes=4)).fit(X)
        value = make_fidelity_scorer("agreement")(pipeline, X)
        expected = np.mean(pipeline.predict(X) == teacher.predict(pipeline[:-1].transform(X)))
        assert value == expected
        raw = make_fidelity_scorer("agreement", teacher=as_teacher(teacher))(pipeline, X)
        assert raw < value

    def test_a_pipeline_in_a_pipeline(self, models):
        X, _, teacher, _ = models
        inner = make_pipeline(own_student(teacher, max_leaf_nodes=4))
        pipeline = make_pipeline("passthrough", inner).fit(X)
        plain = own_student(teacher, max_leaf_nodes=4).fit(X)
        scorer = make_fidelity_scorer("proba_r2")
        assert scorer(pipeline, X) == scorer(plain, X)

    def test_regression(self):
        X, y = load_diabetes(return_X_y=True)
        teacher = RandomForestRegressor(n_estimators=5, max_depth=4, random_state=0).fit(X, y)
        scoring = {
            name: make_fidelity_scorer(name, teacher=teacher) for name in ("r2", "error_q90")
        }
        result = cross_validate(
            DecisionTreeRegressor(max_leaf_nodes=8), X, y, scoring=scoring, cv=3
        )
        assert (result["test_error_q90"] < 0).all()
        assert (result["test_r2"] < 1).all()


class TestWeights:
    def test_are_repeated_rows(self, models):
        X, _, teacher, student = models
        times = np.random.default_rng(0).integers(0, 3, size=len(X))
        scorer = make_fidelity_scorer("kl_divergence", teacher=teacher)
        expected = scorer(student, np.repeat(X, times, axis=0))
        assert scorer(student, X, sample_weight=times) == pytest.approx(expected)

    def test_by_metadata_routing(self, models):
        X, y, teacher, _ = models
        w = np.random.default_rng(0).uniform(size=len(X))
        with config_context(enable_metadata_routing=True):
            scorer = make_fidelity_scorer("agreement", teacher=teacher)
            scorer.set_score_request(sample_weight=True)
            student = DecisionTreeClassifier(max_leaf_nodes=3, random_state=0)
            student.set_fit_request(sample_weight=False)
            search = GridSearchCV(student, {"max_leaf_nodes": [3]}, scoring=scorer, cv=3)
            search.fit(X, y, sample_weight=w)
            expected = [
                scorer(clone(student).fit(X[a], y[a]), X[b], sample_weight=w[b])
                for a, b in StratifiedKFold(3).split(X, y)
            ]
        got = [search.cv_results_[f"split{k}_test_score"][0] for k in range(3)]
        assert got == pytest.approx(expected)

    def test_routing_must_be_decided(self, models):
        X, y, teacher, student = models
        scorer = make_fidelity_scorer("agreement", teacher=teacher)
        with config_context(enable_metadata_routing=True):
            search = GridSearchCV(
                clone(student).set_fit_request(sample_weight=False), {}, scoring=scorer, cv=3
            )
            with pytest.raises(ValueError, match="sample_weight"):
                search.fit(X, y, sample_weight=np.ones(len(X)))

    def test_routing_must_be_on(self):
        with pytest.raises(RuntimeError, match="enable_metadata_routing"):
            make_fidelity_scorer("agreement").set_score_request(sample_weight=True)


class TestRefusals:
    def test_name(self):
        with pytest.raises(InvalidInputError, match=r"name must be one of .* got 'kappa'"):
            make_fidelity_scorer("kappa")

    def test_scores_of_a_table(self):
        with pytest.raises(InvalidInputError, match="teacher must be a fitted model or None"):
            make_fidelity_scorer("agreement", teacher=np.ones((3, 2)) / 2)

    def test_no_teacher(self, models):
        X, _, _, student = models
        with pytest.raises(InvalidInputError, match="holds no fitted teacher"):
            make_fidelity_scorer("agreement")(student, X)

    def test_a_score_of_another_task(self, models):
        X, _, teacher, student = models
        with pytest.raises(InvalidInputError, match="'rmse' is not a score of 2 classes"):
            make_fidelity_scorer("rmse", teacher=teacher)(student, X)
        X, y = load_iris(return_X_y=True)
        tree = DecisionTreeClassifier(max_depth=2).fit(X, y)
        with pytest.raises(InvalidInputError, match="is not a score of 3 classes"):
            make_fidelity_scorer("positive_agreement", teacher=tree)(tree, X)
        with pytest.raises(InvalidInputError, match=r"cutoff=0\.2 divides two classes"):
            make_fidelity_scorer("agreement", teacher=tree, cutoff=0.2)(tree, X)

    def test_repr(self):
        expected = "make_fidelity_scorer('agreement', cutoff=0.5)"
        assert repr(make_fidelity_scorer("agreement")) == expected
