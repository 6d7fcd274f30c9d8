"""`interpkd certify`: what it prints and writes is what `certify` found of the rows of the table."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from interpkd import DistilledTreeClassifier, as_teacher
from interpkd.export import load, save
from interpkd.fidelity import (
    born_again_tree,
    certify,
    certify_equality,
    certify_monotonicity,
)
from interpkd.teachers import load_teacher

NAMES = ["age", "owed", "rate"]


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Two models in files, with the rows to ask about and those whose ranks count."""
    xgboost = pytest.importorskip("xgboost")
    folder = tmp_path_factory.mktemp("certify")
    X = pd.DataFrame(np.random.default_rng(0).normal(size=(120, 3)).round(3), columns=NAMES)
    y = (X["age"] + 0.4 * X["owed"] > 0).to_numpy().astype(int)
    model = xgboost.XGBClassifier(n_estimators=4, max_depth=2, n_jobs=1).fit(X, y)
    model.save_model(folder / "teacher.ubj")
    options = {"effort": "greedy", "augmentation": None, "random_state": 0}
    student = DistilledTreeClassifier(as_teacher(model), max_leaf_nodes=3, **options).fit(X)
    save(student, folder / "student.interpkd")
    X[:60].to_csv(folder / "reference.csv", index=False)
    X[60:].assign(name="x").to_csv(folder / "rows.csv", index=False)
    return folder


@pytest.fixture
def ask(run, files):
    def asked(*options):
        return run(
            "certify", files / "student.interpkd", files / "rows.csv",
            "--teacher-file", files / "teacher.ubj", "--reference", files / "reference.csv", *options,
        )  # fmt: skip

    return asked


def test_it_prints_and_writes_what_was_found(ask, files):
    result = ask(
        "--radius",
        0.02,
        "--radius",
        0.1,
        "--frozen",
        "rate",
        "--rows",
        30,
        "--seed",
        3,
        "--out",
        "out",
    )
    assert (result.exit_code, result.stderr) == (0, "")
    data = json.loads(Path("out/certificate.json").read_text(encoding="utf-8"))
    rows = np.array(data["rows"]) - 1
    assert len(rows) == len(set(rows.tolist())) == 30
    X, X_ref = (pd.read_csv(files / name)[NAMES] for name in ("rows.csv", "reference.csv"))
    teacher = load_teacher(files / "teacher.ubj", classes=np.array([0, 1]))
    student = load(files / "student.interpkd")
    found = certify(
        student,
        teacher,
        X_ref=X_ref,
        X_eval=X.iloc[rows].reset_index(drop=True),
        radius=(0.02, 0.1),
        frozen_features=["rate"],
    )
    assert str(found) in result.stdout
    assert {name: data[name] for name in found.to_dict()} == found.to_dict()
    assert data["is_whole"]
    assert "30 of the 60 rows of rows.csv, drawn at random with seed 3." in result.stdout
    written = pd.read_csv("out/certificate_rows.csv")
    assert written["status"].tolist() == found.rows["status"].tolist()
    assert written["row"].tolist() == [*(rows + 1), *(rows + 1)]
    examples = pd.read_csv("out/counterexamples.csv")
    assert len(examples) == len(data["counterexamples"]) > 0
    for one in data["counterexamples"]:
        assert X[one["column"]].iloc[one["row"] - 1] == one["value"]
    assert "each attained by this input" in result.stdout
    assert "certified" not in result.stdout.lower()


def test_beyond_single_rows_it_says_what_was_proved_or_shows_inputs(ask, files):
    result = ask(
        "--radius", 0.02, "--rows", 5, "--equality", "all", "--monotonic", "age=increasing",
        "--monotonic", "rate=decreasing", "--born-again", 200, "--out", "out",
    )  # fmt: skip
    assert (result.exit_code, result.stderr) == (0, "")
    X = pd.read_csv(files / "reference.csv")[NAMES]
    teacher = load_teacher(files / "teacher.ubj", classes=np.array([0, 1]))
    student = load(files / "student.interpkd")
    same = certify_equality(student, teacher, X_ref=X)
    ways = certify_monotonicity(student, teacher, X_ref=X, columns={"age": 1, "rate": -1})
    grown = born_again_tree(teacher, X_ref=X, max_leaf_nodes=200)
    data = json.loads(Path("out/certificate.json").read_text(encoding="utf-8"))
    assert {name: data["equality"][name] for name in same.to_dict()} == same.to_dict()
    assert data["equality"]["witness"] == same.witness.iloc[0].to_dict()
    told = ways.to_dict()["columns"]
    for one, known in zip(data["directions"]["columns"], told, strict=True):
        pair = one["teacher"].pop("inputs")
        assert (pair is None) == (one["teacher"]["status"] != "violated")
        assert one["teacher"] == known["teacher"]
    assert {name: data["born_again"][name] for name in grown.to_dict()} == grown.to_dict()
    assert grown.is_identical
    everything = pd.read_csv(files / "rows.csv")[NAMES]
    again = load("out/born_again.interpkd")
    np.testing.assert_array_equal(again.predict(everything), teacher.predict(everything))
    assert Path("out/born_again.txt").read_text(encoding="utf-8").startswith("Rule 1: if ")
    shown = result.stdout
    assert "Not the same: to one input the teacher answers" in shown
    assert shown.count("ttained by this input") == 3  # counterexamples, worst case, equality
    assert "Proved: decides as the teacher does for every number" in shown
    assert str(ways) in shown
    assert "out/born_again.interpkd" in shown
    assert "certified" not in shown.lower()
    worst = data["worst_case"]
    gap = [
        model.predict_proba(pd.DataFrame([worst["input"]]))[0, 1] for model in (student, teacher)
    ]
    assert abs(gap[0] - gap[1]) == pytest.approx(worst["difference"])


def test_ctrl_c_keeps_what_was_decided(ask, monkeypatch):
    def stop(stages, detail):
        raise KeyboardInterrupt

    monkeypatch.setattr("interpkd.cli._stages.Stages.within", stop)  # after the first radius
    radii = ["--radius", 0.02, "--radius", 0.1]
    result = ask(*radii, "--out", "out")
    assert result.exit_code == 130
    assert result.stderr.startswith("Interrupted; what was decided until then is in out, ")
    data = json.loads(Path("out/certificate.json").read_text(encoding="utf-8"))
    assert not data["is_whole"]
    assert "proved" in data["statuses"][0]
    assert set(data["statuses"][1]) <= {"undecided", "wrong_on_row"}
    result = ask(*radii)
    assert result.exit_code == 130
    assert "is printed above" in result.stderr
    assert "every input within" in result.stdout


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--frozen", "rat"], "--frozen 'rat': the table has no such column; did you mean 'rate'?"),
        (["--radius", 1.0], "Invalid value for '--radius'"),
        (["--separator", ";;"], "--separator must be a single character"),
        (["--monotonic", "age=up"], "must be COLUMN=increasing, COLUMN=decreasing or teacher, got"),
        (["--monotonic", "agee=increasing"], "did you mean 'age'?"),
        (["--monotonic", "teacher", "--monotonic", "age=increasing"], "stands alone"),
        (["--monotonic", "teacher"], "no constraint can be read of this teacher"),
        (["--equality", "some"], "Invalid value for '--equality'"),
        (["--born-again", 1], "Invalid value for '--born-again'"),
    ],
)
def test_wrong_usage_is_said_in_a_sentence(ask, options, says):
    result = ask(*options, "--out", "out")
    assert result.exit_code == 2
    assert says in result.stderr
    assert not Path("out").exists()


@pytest.mark.slow
def test_a_run_puts_it_into_the_report(run, loans, write_csv, monkeypatch):
    monkeypatch.setattr("interpkd.cli._certificate.ROWS", 40)
    result = run(
        "distill", write_csv(loans[["income", "amount", "outcome"]]), "--target", "outcome",
        "--out", "out", "--max-leaf-nodes", 3, "--certify", "--certify-radius", 0.02,
        "--certify-frozen", "amount",
    )  # fmt: skip
    assert result.exit_code == 0, result.stderr
    assert "proved for every input within 2 % of ranks" in " ".join(result.stdout.split())
    report = json.loads(Path("out/report.json").read_text(encoding="utf-8"))
    section = report["certificate"]
    assert section["is_computed"]
    assert section["not_searched"] is None
    assert (section["n_rows"], section["is_of_evaluation_rows"]) == (40, False)
    which = report["data"]["split"]["Rows of the certificate"]
    assert which == "40 of the 60 rows held out, drawn at random with seed 0."
    assert section["frozen_features"] == ["amount"]
    assert "certify-radius = [0.02]" in Path("out/run.toml").read_text(encoding="utf-8")
    assert "certify = true" in Path("out/run.toml").read_text(encoding="utf-8")


def test_a_run_without_it_says_so(run, loans, write_csv):
    path = write_csv(loans[["income", "amount"]])
    result = run("distill", path, "--target", "amount", "--out", "out", "--certify")
    assert result.exit_code == 2
    assert "--certify of a regression needs --certify-tolerance" in result.stderr
    for name, value in (("tolerance", 1), ("radius", 0.1), ("frozen", "income")):
        given = [f"--certify-{name}", value]
        result = run("distill", path, "--target", "amount", "--out", "out", *given)
        assert result.exit_code == 2
        assert f"--certify-{name} is for --certify" in result.stderr
    given = ["--certify", "--certify-tolerance", 1, "--certify-frozen", "incom"]
    result = run("distill", path, "--target", "amount", "--out", "out", *given)
    assert result.exit_code != 0
    assert "did you mean 'income'?" in result.stderr
