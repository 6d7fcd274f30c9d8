"""The run with refits, groups and segments: what the report then holds, and what it costs."""

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from joblib import cpu_count

from interpkd.cli._demo import FEW_REFITS, NO_REFITS
from interpkd.cli._plan import RefitPlan
from interpkd.cli._problem import Split
from interpkd.cli._refits import _sample, sizes_of
from interpkd.cli._settings import Settings

SECTIONS = ("frontier", "distil_or_not", "stability")


def read(name):
    return json.loads(Path("out", name).read_text(encoding="utf-8"))


def distill(run, path, *options):
    result = run("distill", path, "--target", "outcome", "--out", "out", *options)
    assert result.exit_code == 0, result.stderr
    return result, read("report.json")


@pytest.mark.slow
def test_a_whole_run(run, loans, write_csv):
    result, report = distill(
        run, write_csv(loans), "--max-leaf-nodes", 2, "--folds", 2, "--refits", 2,
        "--refit-rows", 150, "--group", "employment", "--group", "age", "--drop", "age", "--segment",
        "purpose", "--cutoff", 0.4,
    )  # fmt: skip
    words = " ".join(result.stdout.split())
    assert result.stderr == ""
    assert "Groups employment (also learned from), age (not learned from)" in words
    assert "Segments purpose (also learned from)" in words

    assert [report[name]["is_computed"] for name in SECTIONS] == [True] * 3
    points = report["frontier"]["points"]
    assert [one["parameters"]["max_leaf_nodes"] for one in points] == [2, 4]
    assert report["frontier"]["n_rows"] == report["distil_or_not"]["n_rows"] == 150
    assert report["stability"]["n_refits"] == 2
    note = "150 of the 180 training rows, drawn at random"
    assert report["stability"]["notes"][-1].startswith(note)
    assert report["distil_or_not"]["notes"][-1].startswith(note)
    assert report["data"]["split"]["Rows of the refits"].startswith(note)

    assert report["frontier"]["choice"]["text"] in words
    assert "of the decisions differ between two of 2 refits." in words

    assert report["group_names"] == ["employment", "age"]
    assert report["fidelity"]["cutoff"] == report["cutoff"]["cutoff"] == 0.4
    sizes = {}
    for one in report["fidelity"]["segments"]:
        sizes[one["segment"]] = sizes.get(one["segment"], 0) + one["n"]
    assert sizes == {"employment": 60, "age": 60, "purpose": 60}
    bands = [one["value"] for one in report["fidelity"]["segments"] if one["segment"] == "age"]
    assert [band[:2] for band in bands] == ["1:", "2:", "3:", "4:"]

    times = read("times.json")
    stages = [one["stage"] for one in times["stages"]]
    assert stages[3:6] == [
        "Frontier: 2 sizes in 2 folds", "Distil or not: 2 folds", "Stability: 2 refits"
    ]  # fmt: skip
    assert stages[-1] == "Writing the files"
    assert all(name in words for name in stages)
    assert times["seconds"] == pytest.approx(
        sum(one["seconds"] for one in times["stages"]), abs=0.1
    )
    assert "cpu_seconds" not in json.dumps(report)


def test_a_quick_run_as_a_gate(run, loans, write_csv):
    result = run(
        "distill", write_csv(loans), "--target", "outcome", "--out", "out", "--max-leaf-nodes", 2,
        "--fail-on", "low",
    )  # fmt: skip
    report = read("report.json")
    for name in SECTIONS:
        assert report[name] == {"is_computed": False, "reason": "Left out by --quick."}
    assert "Rows of the refits" not in report["data"]["split"]
    assert Path("out/report.md").read_text(encoding="utf-8").count("Left out by --quick.") >= 3

    assert result.exit_code == 1
    assert result.stderr == "Findings reach --fail-on low; the results are written.\n"
    found = [one for one in report["findings"] if one["status"] == "finding"]
    assert found
    assert all(f"{one['code']}  {one['severity']}" in result.stdout for one in found)


def test_what_only_scores_allow(run, loans, write_csv, stop_at):
    calls = stop_at("audit_report")
    score = np.where(loans["outcome"] == "repaid", 0.8, 0.2)
    run(
        "distill", write_csv(loans.assign(score=score)), "--target", "outcome", "--out", "out",
        "--teacher-scores", "score", "--max-leaf-nodes", 2, "--folds", 2, "--refits", 2,
    )  # fmt: skip
    [(_, given)] = calls
    assert given["frontier"].n_rows == given["distil_or_not"].n_rows == 180
    assert given["stability"].startswith("Left out: only the teacher's scores are at hand")


def test_rows_that_allow_no_refit_do_not_lose_the_report(
    run, loans, write_csv, stop_at, monkeypatch
):
    def refuse(*_, **__):
        message = "too few rows"
        raise ValueError(message)

    calls = stop_at("audit_report")
    for name in ("frontier", "distil_or_not"):
        monkeypatch.setattr(f"interpkd.cli._refits.{name}", refuse)
    options = ("--target", "outcome", "--out", "out", "--max-leaf-nodes", 2, "--folds", 2)
    result = run("distill", write_csv(loans), *options, "--refits", 0)
    assert result.stderr.startswith("Note: refuse: Not computed: too few rows\n")
    [(_, given)] = calls
    assert given["frontier"] == given["distil_or_not"] == "Not computed: too few rows"
    assert given["stability"] == "Left out by --folds 0 or --refits 0."


def test_an_interrupt_in_a_refit_leaves_nothing(run, loans, write_csv, monkeypatch):
    def interrupt(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("interpkd.cli._refits.frontier", interrupt)
    options = ("--target", "outcome", "--out", "out", "--max-leaf-nodes", 2, "--folds", 2)
    result = run("distill", write_csv(loans), *options)
    assert result.exit_code == 130
    message = "Interrupted during 'Frontier: 2 sizes in 2 folds'; nothing was written.\n"
    assert result.stderr == message
    assert list(Path().iterdir()) == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--folds", 1), "--folds must be 0 or at least 2: one alone has nothing"),
        (("--quick", "--refits", 2), "--quick leaves out what --refits is for"),
        (("--group", "outcome"), "--group 'outcome' is the target"),
        (("--group", "employmet"), "did you mean 'employment'?"),
        (("--group", "age", "--segment", "age"), "given as --group and as --segment"),
        (("--segment", "name"), "has 240 different texts, and at most 50 can be reported"),
        (("--target", "amount", "--cutoff", 0.4), "--cutoff divides two classes; this is a reg"),
    ],
)
def test_what_does_not_fit_is_refused(run, loans, write_csv, options, message):
    path = write_csv(loans.assign(name=[f"n{i}" for i in range(len(loans))]))
    target = () if "--target" in options else ("--target", "outcome")
    result = run("distill", path, *target, "--out", "out", "--drop", "name", *options)
    assert result.exit_code in {1, 2}
    assert message in result.stderr
    assert not Path("out").exists()


@pytest.mark.parametrize(("rows", "used"), [(100, 100), (118, 120), (119, 120), (500, 120)])
def test_a_sample_keeps_the_classes(rows, used):
    y = np.array(["a"] * 100 + ["b"] * 20)
    split = Split(pd.DataFrame({"x": range(120)}), None, y, None, np.arange(120), None, {})
    student = SimpleNamespace(classes_=np.array(["a", "b"]))
    taught = _sample(student, split, None, Settings(plan=RefitPlan(rows=rows)))
    assert len(taught.y) == len(taught.X) == used
    assert (taught.y == "b").mean() == pytest.approx(1 / 6, abs=0.01)
    assert (y[taught.X["x"]] == taught.y).all()
    assert taught.note.startswith(f"{used} of the 120" if used < 120 else "All 120")


def test_sizes_go_around_the_student():
    assert sizes_of(Settings(max_leaf_nodes=3), 9) == {"max_leaf_nodes": [2, 3, 6]}
    card = Settings(student="scorecard", max_features=4)
    assert sizes_of(card, 6) == {"max_features": [1, 2, 4, 6]}
    assert sizes_of(Settings(student="scorecard"), 6) == {"max_features": [1, 3, 6]}
    assert sizes_of(Settings(student="logistic"), 6)["l1_ratio"] == [1.0]
    assert "one size only" in sizes_of(Settings(student="svm"), 6)


def test_the_demo_has_refits_and_small_tables_one_process():
    assert min(FEW_REFITS.folds, FEW_REFITS.refits) >= 2
    assert NO_REFITS.folds == NO_REFITS.refits == 0
    assert RefitPlan().jobs_for(500) == 1
    assert RefitPlan().jobs_for(5000) == min(cpu_count(), 8)
    assert RefitPlan(jobs=3).jobs_for(5000) == 3
