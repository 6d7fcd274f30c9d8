"""The examples with networks run, and their conclusions hold."""

import runpy
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"

pytest.importorskip("torch")
pytestmark = [
    pytest.mark.gallery,
    pytest.mark.skipif(not EXAMPLES.exists(), reason="tests run without the checkout"),
]


def run(name):
    matplotlib = pytest.importorskip("matplotlib")
    import torch

    matplotlib.use("agg")
    with torch.random.fork_rng():
        found = runpy.run_path(str(EXAMPLES / "2_teachers" / name))
    found["plt"].close("all")
    return found


def test_linear_students_on_a_networks_features(capsys):
    found = run("plot_network_features.py")
    assert found["gap"].max() < 1e-6
    on_pixels, on_features = found["agreement"]["pixels"], found["agreement"]["features"]
    for name in found["students"]:
        assert on_features[name] > on_pixels[name]
    assert on_features["logistic regression"] > 0.98
    assert capsys.readouterr().out.splitlines()[-1].startswith("Conclusion: ")


def test_a_text_network_and_its_words(capsys):
    found = run("plot_text_features.py")
    agreement, accuracy = found["agreement"], found["accuracy"]
    assert agreement["features"] > 0.95 > agreement["words"] > 0.6
    assert min(accuracy.values()) > 0.6
    assert found["coefficients"].shape == (5, 400)
    assert capsys.readouterr().out.splitlines()[-1].startswith("Conclusion: ")
