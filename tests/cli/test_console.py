"""What is printed: stages, rules, scores."""

import contextlib
import io

import numpy as np
import pytest
from rich.console import Console
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from interpkd.cli._console import (
    MAX_RULES_SHOWN,
    show_facts,
    show_rules,
    show_scores,
)
from interpkd.cli._stages import Stages
from interpkd.export import rule_list


@pytest.fixture
def console():
    return Console(file=io.StringIO(), width=80, highlight=False)


def printed(console):
    return console.file.getvalue()


def test_stages_are_plain_lines_where_there_is_no_terminal(console):
    with Stages(console) as stages:
        stages.begin("One [bold]")
        stages.begin("Two")
    lines = printed(console).splitlines()
    assert [line.partition(" s  ")[2] for line in lines] == ["One [bold]", "Two"]
    assert "\x1b" not in printed(console)


def test_stages_are_live_on_a_terminal():
    console = Console(file=io.StringIO(), width=80, force_terminal=True)
    with Stages(console) as stages:
        stages.begin("One [bold]")
        stages.begin("Two")
    assert "One [bold]" in printed(console)
    last = printed(console).rpartition("One [bold]")[2]
    assert "+" in last  # the mark of a stage that is done
    assert " s" in last


def test_a_stage_that_fails_is_not_marked_as_done():
    console = Console(file=io.StringIO(), width=80, force_terminal=True)
    stages = Stages(console)
    with contextlib.suppress(RuntimeError), stages:
        stages.begin("One")
        raise RuntimeError
    assert "One" in printed(console)
    assert "+" not in printed(console)


def test_texts_are_printed_as_they_are(console):
    show_facts(console, {"Table": "[red] :smile: 12"})
    assert printed(console).split() == ["Table", "[red]", ":smile:", "12"]


def test_rules_of_a_classification(console):
    X, y = np.array([[0.0], [1 / 3], [2 / 3], [1.0]]), ["[no]", "[no]", "yes", "yes"]
    show_rules(console, rule_list(DecisionTreeClassifier(random_state=0).fit(X, y)))
    lines = [line.split() for line in printed(console).splitlines()]
    assert lines[0] == ["The", "student:", "2", "rules"]
    assert lines[2][-3:] == ["[no]", "1.00", "2"]
    assert lines[3][-3:] == ["yes", "1.00", "2"]


def test_rules_of_a_regression_have_no_exponents_and_rounded_bounds(console):
    X = np.array([[0.123456], [0.223456]])
    show_rules(console, rule_list(DecisionTreeRegressor().fit(X, [1_234_567.0, 0.5])))
    assert "<= 0.173456 " in printed(console)
    assert " 1234600 " in printed(console)
    assert " 0.5 " in printed(console)


def test_rounding_never_makes_a_condition_empty(console):
    X = np.array([[1000.0], [1000.01], [1000.02]])
    show_rules(console, rule_list(DecisionTreeRegressor(random_state=0).fit(X, [0, 1, 0])))
    assert "1000.0 < x0 <= 1000.0 " not in " ".join(printed(console).split())


def test_a_long_list_is_cut_and_says_so(console):
    X = np.arange(MAX_RULES_SHOWN + 4.0)[:, None]
    show_rules(console, rule_list(DecisionTreeRegressor().fit(X, X[:, 0])))
    assert f"The first {MAX_RULES_SHOWN} of {MAX_RULES_SHOWN + 4} rules" in printed(console)
    assert f"\n{MAX_RULES_SHOWN} " in printed(console)
    assert f"\n{MAX_RULES_SHOWN + 1} " not in printed(console)


def test_a_tree_that_never_splits(console):
    show_rules(console, rule_list(DecisionTreeClassifier(max_depth=1).fit([[0], [0]], [0, 1])))
    assert "always" in printed(console)


def test_scores_with_and_without_an_interval(console):
    whole = {"estimate": 0.5, "low": 0.4, "high": 0.6, "n": 9, "method": "exact"}
    half = {"estimate": 1234.56, "low": None, "high": None, "n": 9, "method": "exact"}
    none = {"estimate": None, "low": None, "high": None, "n": 9, "method": "not computed: why"}
    show_scores(console, "Title", {"estimate": {"one": whole, "two": half, "three": none}})
    assert [line.split() for line in printed(console).splitlines()] == [
        ["Title"],
        ["score", "estimate"],
        ["one", "0.500", "(0.400", "to", "0.600)"],
        ["two", "1234.6", "(no", "interval)"],
        ["three", "not", "computed:", "why"],
    ]
