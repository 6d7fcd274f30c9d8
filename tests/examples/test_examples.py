"""Every example runs, and what it concludes is what it measured."""

import runpy
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest

pytestmark = pytest.mark.gallery

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture
def run(capsys):
    """Run an example in this process, without a screen, and give its variables."""
    mpl.use("Agg")
    from matplotlib import pyplot as plt

    def run_one(name):
        [path] = EXAMPLES.glob(f"*/{name}.py")
        found = runpy.run_path(str(path))
        said = capsys.readouterr().out.splitlines()
        assert [line.startswith("Conclusion: ") for line in said].count(True) == 1
        assert said[-1].startswith("Conclusion: ")
        assert "nan" not in said[-1]
        assert len(plt.get_fignums()) == 1
        return found

    yield run_one
    plt.close("all")


def test_temperature_helps_where_the_teacher_is_too_sure(run):
    found = run("plot_temperature_and_alpha")
    assert found["TEMPERATURES"][:2] == (1, 2)
    assert found["ALPHAS"][0] == 0
    sure, calm = (found["kl"][name] for name in ("trained to the end", "stopped early"))
    assert (sure[:, 1, 0] < sure[:, 0, 0]).all()
    assert sure[:, 1, 0].mean() < 0.95 * sure[:, 0, 0].mean()
    assert calm[:, 0, 0].mean() < 1.05 * calm[:, :, 0].mean(axis=0).min()
    for cost in found["cost_of_labels"].values():
        assert (cost.mean(axis=0) > 0).all()
    confidence = found["confidence"]
    assert confidence["trained to the end"].mean() > confidence["stopped early"].mean() + 0.03
    assert found["calm_accuracy"][:, found["half"]].mean() > found["calm_accuracy"][:, 0].mean()


def test_unlabelled_rows_bring_the_student_to_its_teacher(run):
    mean = run("plot_unlabelled_rows")["mean"]  # agreement, KL, accuracy
    alone, generated, unlabelled = (
        mean[name] for name in ("student", "student, generated rows", "student, unlabelled rows")
    )
    assert unlabelled[2] > mean["labels"][2] + 0.02
    assert unlabelled[0] > alone[0] + 0.03
    assert unlabelled[1] < generated[1] < alone[1]
    assert mean["pseudo-labels"][1] > 3 * unlabelled[1]  # decisions say nothing of doubt
    assert unlabelled[2] < mean["the forest itself"][2] + 0.02


def test_larger_trees_are_more_faithful_and_the_scorecard_more_than_a_tree_of_its_size(run):
    found = run("plot_fidelity_complexity_latency")
    by_seed = found["measured"].pivot_table(index="seed", columns="student", values="KL")
    trees = [f"tree of {n}" for n in found["LEAVES"]]
    assert (np.diff(by_seed[trees].to_numpy(), axis=1) < 0).all()
    table = found["table"]
    assert (table.loc[trees, "parts"].to_numpy() <= found["LEAVES"]).all()
    assert table.loc["scorecard", "columns"] <= 7
    assert table.loc["scorecard", "parts"] < table.loc[trees[-1], "parts"]
    assert (by_seed["scorecard"] < by_seed["tree of 16"]).all()
    speeds = table[["speed-up, all rows", "speed-up, one row"]]
    assert (speeds > 0).all(axis=None)  # how fast is for the machine to say


def test_a_small_network_is_closer_to_the_teacher_that_taught_it(run):
    found = run("plot_small_network")
    labels, taught, generated = (
        found["scores"][name] for name in ("labels", "teacher", "teacher, generated rows")
    )  # (data sets, 4): agreement, KL, accuracy, log loss
    assert (generated[:, 1] < labels[:, 1]).all()
    assert generated[:, 1].mean() < taught[:, 1].mean() < 0.6 * labels[:, 1].mean()
    assert generated[:, 0].mean() > labels[:, 0].mean() + 0.01
    assert generated[:, 3].mean() < labels[:, 3].mean()
    assert found["n_weights"] == 10 * 8 + 8 + 8 + 1


def test_a_search_for_fidelity_takes_the_largest_tree_and_temperature_does_not_help_it(run):
    found = run("plot_pipeline_and_search")
    assert found["search"].best_params_["tree__max_leaf_nodes"] == max(found["LEAVES"])
    kl = found["at_temperature"]  # leaves of a tree average probabilities: nothing to soften
    assert kl[1] < kl[2] < kl[4]
    ratio = {name: found["spread"][name] / found["fold_spread"][name] for name in found["spread"]}
    assert ratio["fidelity"] > 2 * ratio["accuracy"]
    assert found["report"]["agreement"]["estimate"] > 0.8


def test_monitoring_names_the_column_that_changed_and_the_teacher_that_left(run):
    found = run("plot_monitoring")
    assert found["quiet"] == "ok"
    assert found["moved"] == {"January": [], "February": ["income"], "March": []}
    alarms = {(one.kind, one.name) for one in found["found"]["March"].alarms}
    assert ("fidelity", "agreement") in alarms
    assert found["agreement"]["March"] < found["agreement"]["January"] - 0.2
    assert found["n_lines"] == len(found["decisions"]) == 50
    assert found["declined"]["reasons"]


def test_the_quickstart_names_what_speaks_against_its_tree(run):
    found = run("plot_quickstart")
    assert found["student"].get_n_leaves() == 8
    assert found["agreement"]["low"] > 0.85
    assert {"KD003", "KD004", "KD005"} <= {one.code for one in found["found"]}
    assert found["kilobytes"] > 100


def test_probabilities_teach_more_than_decisions(run):
    found = run("plot_soft_or_hard")
    kl = {name: np.array(values) for name, values in found["kl"].items()}
    assert (kl["teacher's probabilities"] < kl["teacher's decisions"]).all()
    assert (kl["the same, searched, more rows"] < kl["true labels"]).all()
    assert found["mean"]["teacher's probabilities"] < found["mean"]["true labels"]
    assert found["searched_ratio"] < found["ratio"] < 0.95


def test_a_teacher_from_a_file_teaches_as_the_one_in_memory(run):
    found = run("plot_teacher_file")
    assert found["gap"] < 1e-6
    assert found["is_same"]
    assert found["agreement"]["low"] > 0.85
    assert found["n_trees"] == 60
    assert "device" not in str(found["learner"])
    assert not found["path"].exists()


def test_of_four_students_the_linear_ones_are_closest_to_a_teacher_of_a_sum(run):
    found = run("plot_four_students")
    scores, sizes = found["scores"], found["sizes"]
    assert found["closest"] in {"logistic regression", "SVM", "scorecard"}
    assert (scores["low"] > 0.85).all()
    assert (scores["KL"].drop(found["closest"]) > scores.loc[found["closest"], "KL"]).all()
    kl = [point.fidelity["kl_divergence"].estimate for point in sizes.points]
    assert (np.diff(kl) < 0).all()
    assert scores["KL"].iloc[0] > scores.loc["scorecard", "KL"]


def test_a_scorecard_keeps_its_directions_and_has_reasons(run):
    found = run("plot_scorecard")
    assert set(found["proved"]) == set(found["SIGNS"])
    assert found["broken"]
    assert found["report"]["agreement"]["low"] > 0.88
    assert found["auc"]["student"] > found["auc"]["teacher"] - 0.02
    assert found["everyone"].teacher_support > 0.8
    assert 0 < found["other_first"] < 0.5
    assert found["card"].predict(found["X_test"].iloc[[found["declined"]]]) == ["default"]
    assert found["change"].student_after > 0.5


def test_any_student_follows_a_teacher_closer_than_labels_let_it(run):
    pytest.importorskip("imodels")
    pytest.importorskip("interpret.glassbox")
    found = run("plot_any_student")
    assert (found["gain"] > 0.01).all()
    kl = found["scores"].pivot_table("KL", "student", "taught by")
    assert (kl["teacher"] < 0.7 * kl["labels"]).all()
    assert {name: one.taught_by_ for name, one in found["taught"].items()} == {
        "FIGS": "probabilities",
        "EBM": "weighted rows",
        "network": "weighted rows",
    }


def test_the_worst_segment_is_the_one_that_was_planted(run):
    found = run("plot_worst_segment")
    assert found["worst"].is_worse
    assert {one.column for one in found["worst"].conditions} >= {"employment", "purpose"}
    assert found["planted"][found["inside"]].mean() > 0.9
    share = {of: one.estimate for of, one in found["agreement"].items()}
    assert share["student", "segment"] < 0.7
    assert share["student", "rest"] > 0.85
    assert share["mended student", "segment"] > share["student", "segment"] + 0.2
    columns = {one.column for one in found["again"].segments[0].conditions}
    assert not columns >= {"employment", "purpose"}


def test_a_group_that_no_model_sees_is_treated_otherwise_by_both(run):
    pytest.importorskip("fairlearn")
    found = run("plot_fairness")
    assert max(found["ratios"].values()) < 0.97
    assert found["screen"].columns[0].column == "income"
    assert found["screen"].auc > 0.75
    assert found["most"].label == "age band = to 29"
    assert found["moved"].low > 0.05
    assert found["worse"] == []


def test_a_small_tree_has_other_reasons_than_its_teacher_and_a_scorecard_the_same(run):
    found = run("plot_shap_of_both")
    order = found["order"]
    assert order["scorecard"] > 0.85
    assert order["tree"] < 0.7
    assert found["decides"]["tree"] > 0.85
    assert len(found["left_out"]["tree"]) >= 4
    assert "branch" in found["left_out"]["scorecard"]
    for both in found["explained"].values():
        assert max(both.additivity_error.values()) < 1e-6


def test_certificates_prove_what_their_conclusion_says(run):
    found = run("plot_certificates")
    shares = found["certificate"].shares
    assert [one.counts["undecided"] for one in shares] == [0] * len(shares)
    assert (np.diff([one.share for one in shares]) <= 0).all()
    assert found["nearby"].share > 0.8
    assert len(found["examples"])
    assert {one.status for one in found["directions"].teacher.values()} == {"proved"}
    assert found["broken"]
    assert {one.status for one in found["kept"].student.values()} == {"proved"}
    assert (found["told"].status, found["proof"].status) == ("different", "identical")


def test_duckdb_answers_as_the_student(run):
    found = run("plot_sql_in_duckdb")
    assert found["differ"] == 0
    assert found["gap"] < 1e-12
    assert found["parity"].passed
    assert found["by_rule"]["applicants"].sum() == len(found["scored"]) == 1000
    assert (found["card"].predict(found["X_test"]) == "default").sum() == len(found["why"])
    assert found["why"]["reason_1"].notna().all()


def test_files_and_memory_have_the_same_student(run):
    found = run("plot_streaming_parquet")
    assert found["same_splits"]
    assert found["gap"] < 1e-9
    assert found["took"]["engine"] == "arrow"
    assert found["rows_fitted"] > 200_000
    assert found["n_scored"] == found["N_ROWS"]
    assert found["agreement"]["low"] > 0.88
    assert found["n_bytes"]["kept by the fit"] < found["n_bytes"]["data frame"] / 3


def test_partitions_and_their_order_do_not_matter(run):
    pytest.importorskip("distributed")
    found = run("plot_dask")
    assert found["same_splits"]
    assert max(found["gaps"].values()) < 1e-9
    assert (found["ddf"].npartitions, found["turned"].npartitions) == (5, 3)
    assert found["by_answer"]["count"].sum() == 205_000
    assert found["off"] < 0.03
    assert found["client"].status == "closed"
