"""`--config`: the same options in a file, what is refused in it, and the file that repeats a run."""

import json
import tomllib
from pathlib import Path

import pytest

from interpkd.audit._inputs import FIELDS
from interpkd.cli._fields import NAMES
from interpkd.exceptions import MissingExtraError

FAST = ("--max-leaf-nodes", "2")


def report(folder):
    data = json.loads(Path(folder, "report.json").read_text(encoding="utf-8"))
    del data["created_utc"]
    return data


def refused(run, tmp_path, name, text):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    result = run("distill", "--config", path)
    assert result.exit_code != 0
    assert not Path("out").exists()
    assert len(result.stderr.splitlines()) == 1
    return result.stderr


@pytest.mark.slow
def test_a_run_is_repeated_by_the_file_it_leaves(run, loans, write_csv):
    first = run(
        "distill", write_csv(loans, 'odd "name".csv'), "--target", "outcome", "--out", "out", *FAST,
        "--drop", "branch", "--group", "branch", "--segment", "purpose", "--category",
        "existing_loans", "--cutoff", 0.35, "--test-size", 0.4, "--seed", 3, "--monotonic",
        "amount=increasing", "--field", "owner=Kreditrisiko \t\u2713", "--field",
        "model_name=a=b", "--adverse-class", "default", "--missing", "?",
    )  # fmt: skip
    assert first.exit_code == 0, first.stderr
    written = tomllib.loads(Path("out/run.toml").read_text(encoding="utf-8"))
    assert written["cutoff"] == 0.35
    assert written["quick"] is True
    assert "pdo" not in written  # a tree has none
    assert "overwrite" not in written

    again = run("distill", "--config", "out/run.toml", "--out", "again")
    assert again.exit_code == 0, again.stderr
    assert report("again") == report("out")
    assert report("out")["identity"]["owner"] == "Kreditrisiko \t\u2713"
    assert report("out")["identity"]["model_name"] == "a=b"
    rewritten = tomllib.loads(Path("again/run.toml").read_text(encoding="utf-8"))
    assert rewritten == {**written, "out": "again"}

    # the folder that the file names is taken, and the command line wins
    taken = run("distill", "--config", "out/run.toml")
    assert "'out' holds results already" in taken.stderr


def test_yaml_is_the_same_and_the_command_line_wins(run, loans, write_csv, tmp_path, stop_at):
    pytest.importorskip("yaml")
    path = tmp_path / "run.yaml"
    path.write_text(
        f"source: {write_csv(loans)}\nmax_leaf_nodes: 9\ntarget: outcome\nout: out\nquick: true\n"
        "group: [branch, employment]\ndrop: branch\nfield: {owner: me}\nmonotonic:\n"
        "  age: decreasing\n"
    )
    calls = stop_at("teach")
    run("distill", "--config", path, *FAST, "--group", "purpose")
    [((problem, _, settings, _), _)] = calls
    assert settings.max_leaf_nodes == 2
    assert list(settings.labels.groups) == ["purpose"]
    assert settings.fields == {"owner": "me"}
    assert settings.monotonic == {"age": -1}
    assert settings.plan.folds == 0
    assert "branch" not in problem.X


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("taget = 'x'", "run.toml: taget is no option of interpkd distill; did you mean 'target'?"),
        ("max-leaf-nodes = '8'", "max-leaf-nodes must be a whole number, got a text; correct it."),
        ("max_leaf_nodes = true", "max_leaf_nodes must be a whole number, got true or false"),
        ("max-leaf-nodes = 1", "max-leaf-nodes: 1 is not in the range x>=2."),
        ("max-leaf-nodes = 4\nmax_leaf_nodes = 4", "is there twice, with a dash and with an under"),
        ("quick = 'yes'", "quick must be true or false, got a text"),
        ("target = ['x']", "target must be a text in quotes, got a list"),
        ("out = 2026-01-01", "out must be a text in quotes, got a date"),
        ("group = [1]", "group must be a text in quotes or a list of such, got a whole number"),
        ("[field]\nowner = 3", "field.owner must be a text in quotes, got a whole number"),
        ("student = 'forest'", "student: 'forest' is not one of 'tree'"),
        ("config = 'x'", "config is no option"),
        ("target = ", "run.toml is no readable TOML file: Invalid value (at "),
        ("quick = true", "Missing argument 'TABLE'"),
    ],
)
def test_what_breaks_a_rule_is_refused(run, tmp_path, text, says):
    assert says in refused(run, tmp_path, "run.toml", text)


def test_files_that_hold_no_options_are_refused(run, tmp_path, monkeypatch):
    assert "must be a .toml, .yaml or .yml file" in refused(run, tmp_path, "run.ini", "")
    assert "must hold keys with values" in refused(run, tmp_path, "run.yaml", "- a")
    assert "in line 2" in refused(run, tmp_path, "run.yml", "a: 1\nb: [")

    def missing(name, **_):
        message = 'yaml is not installed. Install it with: pip install "interpkd[yaml]"'
        raise MissingExtraError(message)

    monkeypatch.setattr("interpkd.cli._configuration.require", missing)
    assert 'pip install "interpkd[yaml]"' in refused(run, tmp_path, "run.yaml", "a: 1")


@pytest.mark.parametrize(
    ("field", "says"),
    [
        ("owner", "--field must be NAME=TEXT"),
        ("owner= ", "--field must be NAME=TEXT"),
        ("ownr=me", "is no field of the report; did you mean 'owner'?"),
    ],
)
def test_fields_that_do_not_fit(run, loans, write_csv, field, says):
    options = ("--target", "outcome", "--out", "out", "--field", field)
    assert says in run("distill", write_csv(loans), *options).stderr


def test_the_fields_are_those_of_the_report():
    assert list(NAMES) == list(FIELDS)
