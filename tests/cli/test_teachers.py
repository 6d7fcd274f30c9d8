"""A teacher trained elsewhere, or only its scores, on the command line."""

import json
import pickle
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_diabetes, load_iris

FAST = ["--max-leaf-nodes", "4"]


@pytest.fixture
def booster(loans, tmp_path):
    """Train an XGBoost model on the loans and save it."""
    xgboost = pytest.importorskip("xgboost")
    X = loans.drop(columns="outcome")
    X = X.astype(dict.fromkeys(X.select_dtypes(exclude=["number", "bool"]), "category"))
    classes, codes = np.unique(loans["outcome"], return_inverse=True)
    model = xgboost.XGBClassifier(n_estimators=20, max_depth=3, enable_categorical=True, n_jobs=1)
    model.fit(X, codes).save_model(tmp_path / "model.ubj")
    return tmp_path / "model.ubj", model.predict_proba(X), classes


def read(run, *arguments):
    result = run("distill", *arguments, "--out", "out", *FAST)
    assert result.exit_code == 0, result.stderr
    return result, json.loads(Path("out/report.json").read_text(encoding="utf-8"))


@pytest.mark.slow
def test_teacher_from_a_file_is_used_as_it_is(run, loans, write_csv, booster):
    path, P, classes = booster
    result, report = read(run, write_csv(loans), "--target", "outcome", "--teacher-file", path)
    assert "model.ubj, trained elsewhere and used as it is" in result.stdout.replace("\n", " ")
    assert report["lineage"]["distillation"]["source"] == "frozen teacher"
    assert "may have seen rows" in json.dumps(report)
    assert report["fidelity"]["classes"] == classes.tolist()
    accuracy = report["fidelity"]["performance"]["teacher"]["accuracy"]["estimate"]
    assert accuracy > (classes[P.argmax(axis=1)] == loans["outcome"]).mean() - 0.1


def test_scores_of_two_classes(run, loans, write_csv, booster):
    _, P, _ = booster
    table = write_csv(loans.assign(vendor=P[:, 1]))
    result, report = read(run, table, "--target", "outcome", "--teacher-scores", "vendor")
    assert "its scores only, in vendor" in result.stdout.replace("\n", " ")
    assert report["lineage"]["distillation"]["source"] == "given scores"
    assert report["lineage"]["distillation"]["n_augmented"] == 0
    assert "vendor" not in pd.read_csv("out/rules.csv").to_string()
    assert report["fidelity"]["agreement"]["estimate"] > 0.7


def test_scores_of_three_classes(run, write_csv):
    X, y = load_iris(return_X_y=True, as_frame=True)
    names = np.array(["a", "b", "c"])[y]
    P = np.full((len(y), 3), 0.1)
    P[np.arange(len(y)), y] = 0.8
    columns = {f"p_{name}": P[:, k] for k, name in enumerate("abc")}
    table = write_csv(X.assign(kind=names, **columns))
    options = [text for name in "cab" for text in ("--teacher-scores", f"{name}=p_{name}")]
    _, report = read(run, table, "--target", "kind", *options)
    assert report["fidelity"]["agreement"]["estimate"] > 0.9


def test_scores_of_a_regression(run, write_csv):
    X, y = load_diabetes(return_X_y=True, as_frame=True)
    table = write_csv(X.assign(target=y, score=100 + 500 * X["bmi"]))
    _, report = read(run, table, "--target", "target", "--teacher-scores", "score")
    assert report["fidelity"]["r2"]["estimate"] > 0.7


@pytest.mark.parametrize(
    ("options", "match"),
    [
        (["--teacher", "forest", "--teacher-scores", "age"], "choose one of them"),
        (["--from-logits"], "--from-logits is for a teacher from --teacher-file"),
        (["--trust-pickle"], "--trust-pickle is for a teacher from --teacher-file"),
        (["--teacher-scores", "nothing"], "--teacher-scores.*'nothing'"),
        (["--teacher-scores", "age"], "'age' holds .* which is no probability"),
        (["--teacher-scores", "age", "--device", "cpu"], "--device has no effect"),
        (["--teacher-scores", "good=age"], "must name a column for each class"),
    ],
)
def test_options_that_contradict_each_other(run, loans, write_csv, options, match):
    result = run("distill", write_csv(loans), "--target", "outcome", "--out", "out", *options)
    assert result.exit_code in (1, 2)
    assert re.search(match, result.stderr.replace("\n", " ")), result.stderr


@pytest.mark.slow
def test_the_adverse_class_is_the_users(run, loans, write_csv, booster):
    path, _, classes = booster
    options = ["--target", "outcome", "--teacher-file", path, "--adverse-class", classes[0]]
    _, report = read(run, write_csv(loans), *options)
    assert report["reasons"]["adverse_class"] == classes[0]
    assert not report["reasons"].get("adverse_class_is_assumed", False)
    result = run("distill", write_csv(loans), *options[:-1], "nobody", "--out", "other")
    assert result.exit_code == 2
    assert "--adverse-class 'nobody' is no class of" in result.stderr


def test_pickle_is_not_opened(run, loans, write_csv, tmp_path):
    path = tmp_path / "model.pkl"
    path.write_bytes(pickle.dumps({}))
    options = ["--target", "outcome", "--out", "out", "--teacher-file", path]
    result = run("distill", write_csv(loans), *options)
    assert result.exit_code == 1
    assert "--trust-pickle" in result.stderr
    result = run("distill", write_csv(loans), *options, "--trust-pickle")
    assert "dict can be no teacher" in result.stderr
