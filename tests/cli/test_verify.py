"""`interpkd verify` and `interpkd diff` on reports that `interpkd distill` wrote."""

import json
import shlex
import sys

import pytest

from interpkd.cli._run_facts import run_facts, without_passwords


@pytest.fixture
def done(run, loans, write_csv, tmp_path):
    """Run distill once: table and report."""
    table = write_csv(loans.assign(code=range(len(loans))), "loans.csv")
    out = tmp_path / "one"
    options = ["--target", "outcome", "--drop", "code", "--max-leaf-nodes", "3", "--seed", "3"]
    result = run("distill", table, *options, "--teacher", "forest", "--out", out)
    assert result.exit_code == 0, result.stderr
    return table, out / "report.json"


@pytest.mark.slow
def test_the_whole_way(run, done, loans, write_csv, tmp_path):
    """One run and everything that verify and diff say of it: fitting takes the time."""
    table, report = done
    data = json.loads(report.read_text(encoding="utf-8"))

    same = run("verify", report, "--data", table)
    assert same.exit_code == 0, same.stdout
    for what in ("the evaluation rows", "the labels", "the training rows"):
        assert f"same               {what}\n" in same.stdout
    assert "the teacher, because no teacher was given" in same.stdout
    assert "add --retrain or --teacher FILE" in same.stdout

    again = run("verify", report, "--data", table, "--retrain")
    assert again.exit_code == 0, again.stdout
    assert "same               the teacher\n" in again.stdout
    assert again.stdout.endswith("0 differs, 0 cannot be checked\n")

    alone = run("verify", report)
    assert alone.exit_code == 0
    assert "because no rows were given" in alone.stdout

    # a table of the evaluation rows, in their order, with columns in another
    from interpkd.cli._problem import hold_out, make_problem
    from interpkd.cli._tables import read_table

    frame = read_table(table)
    problem = make_problem(
        frame, source="t", target="outcome", task="auto", drop=["code"], categories=()
    )
    held = frame.iloc[hold_out(problem, test_size=0.25, seed=3).test]
    rows = write_csv(held[list(reversed(held.columns))], "held.csv")
    found = run("verify", report, "--data", rows, "--json")
    assert found.exit_code == 0, found.stdout
    lines = {one["what"]: one["status"] for one in json.loads(found.stdout)["lines"]}
    assert lines["the evaluation rows"] == lines["the labels"] == "same"

    frame.loc[:, "age"] = frame["age"] + 1
    changed = run("verify", report, "--data", write_csv(frame, "changed.csv"))
    assert changed.exit_code == 1
    assert "(in age)" in changed.stdout

    data["fidelity"]["agreement"]["estimate"] = 1.0
    forged = tmp_path / "forged.json"
    forged.write_text(json.dumps(data), encoding="utf-8")
    assert run("verify", forged).exit_code == 1

    equal = run("diff", report, report, "--data", table)
    assert equal.exit_code == 0
    assert "Rows with another answer  0" in equal.stdout
    other = run("diff", report, forged, "--format", "json")
    assert other.exit_code == 1
    assert [one["score"] for one in json.loads(other.stdout)["scores"]] == ["fidelity: agreement"]
    markdown = run("diff", report, forged, "--format", "markdown")
    assert "| fidelity: agreement |" in markdown.stdout

    options = data["provenance"]["source"]["options"]
    assert "loans.csv" in options.values()
    assert options["drop"] == ["code"]
    assert "out" not in options


def test_what_cannot_be_tried_has_code_two(run, tmp_path, write_csv, loans):
    broken = tmp_path / "report.json"
    broken.write_text("{}", encoding="utf-8")
    table = write_csv(loans)
    for args in (["verify", broken], ["verify", broken, "--data", table], ["diff", broken, broken]):
        result = run(*args)
        assert result.exit_code == 2
        assert "must be an audit report of schema" in result.stderr
    assert run("verify", tmp_path / "none.json").exit_code == 2
    both = run("verify", broken, "--teacher", table, "--retrain")
    assert both.exit_code == 2
    assert "name different teachers" in both.stderr


def test_the_command_line_is_quoted_and_has_no_password(monkeypatch):
    typed = ["/usr/bin/interpkd", "distill", "a b.csv", "postgresql://me:p:w@rd@host/db"]
    monkeypatch.setattr(sys, "argv", typed)
    command = run_facts()["command"]
    assert shlex.split(command)[:3] == ["interpkd", "distill", "a b.csv"]
    assert "rd@" not in command
    assert "me:***@host/db" in command
    monkeypatch.setattr(sys, "argv", ["/usr/bin/pytest"])
    assert run_facts() == {"command": None, "source": None}
    assert without_passwords("sqlite:///a.db") == "sqlite:///a.db"
    assert without_passwords("db://h/x?password=abc&x=1") == "db://h/x?password=***&x=1"
