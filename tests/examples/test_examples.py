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
        found = runpy.run_path(str(EXAMPLES / f"{name}.py"))
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
