"""The model card: front matter that any reader of YAML takes alike, numbers from the report."""

import json
import re

import pytest

from interpkd.audit._model_card import _scalar, model_card_text

yaml = pytest.importorskip("yaml")


def front_matter(text):
    return yaml.safe_load(text.split("\n---\n", 1)[0].removeprefix("---\n"))


def test_front_matter_holds_the_numbers_of_the_report(report, tmp_path):
    text = report.to_model_card(tmp_path / "README.md").read_text(encoding="utf-8")
    front, data = front_matter(text), report.data
    assert front["library_name"] == "interpkd"
    assert front["pipeline_tag"] == f"tabular-{data['task']}"
    stated = {
        key: score["estimate"]
        for key, score in data["fidelity"]["performance"].get("student", {}).items()
    }
    results = [one for card in front.get("model-index", []) for one in card["results"]]
    shown = {one["name"]: one["value"] for result in results for one in result["metrics"]}
    for key, value in stated.items():
        assert shown[key.replace("_", " ")] == value


def test_every_section_of_the_hub_is_there(report):
    text = model_card_text(report.data)
    headings = re.findall(r"^## (.*)$", text, re.MULTILINE)
    assert headings == [
        "Model Details",
        "Uses",
        "Bias, Risks, and Limitations",
        "How to Get Started with the Model",
        "Training Details",
        "Evaluation",
        "Model Examination",
        "Technical Specifications",
        "Model Card Contact",
    ]


@pytest.mark.parametrize(
    "value",
    [1e-05, 1e22, -0.5, 3, True, None, "no", "1e3", "~", "a: b # c", "- x", "&a *b !!int 1", 'q"\\',
     "日本 🐍", "%TAG", "@x", "`y`", "{a: 1}", "[1]", "2020-01-01", "0x10"],
)  # fmt: skip
def test_scalars_are_what_they_are(value):
    assert yaml.safe_load(_scalar(value)) == value
    assert yaml.safe_load(f"- {_scalar('x')}: {_scalar(value)}") == [{"x": value}]


def test_what_yaml_does_not_take_is_spelled_out():
    for sign in ("\x00", "\x85", "\u2028", "\ud800", "\ufeff", "\u202e", "\n---\n"):
        read = yaml.safe_load(_scalar(f"a{sign}b"))
        assert isinstance(read, str)
        assert "\n" not in json.loads(json.dumps(read))
