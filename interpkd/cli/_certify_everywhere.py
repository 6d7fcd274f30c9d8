"""What `interpkd certify` proves beyond single rows: equality, directions, a tree that is the teacher."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click
from rich.text import Text

from interpkd._plain_rows import plain_rows
from interpkd.cli._columns import check_known
from interpkd.cli._folder import GROWN_FILES
from interpkd.cli._rows_in_words import listed, value_text, visible
from interpkd.cli._student import SIGNS
from interpkd.exceptions import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    import pandas as pd
    from rich.console import Console

    from interpkd.cli._stages import Stages
    from interpkd.fidelity import BornAgainTree, EqualityCertificate, MonotonicityCertificate

TEACHERS_OWN = "teacher"


@dataclass(frozen=True)
class Everywhere:
    """What was asked beyond single rows; None what was not.

    Attributes
    ----------
    equality : EqualityCertificate or None
        Whether both are the same on a whole domain.

    directions : MonotonicityCertificate or None
        Directions of both along columns.

    grown : BornAgainTree or None
        A tree grown from the teacher.
    """

    equality: EqualityCertificate | None = None
    directions: MonotonicityCertificate | None = None
    grown: BornAgainTree | None = None

    def to_dict(self) -> dict[str, Any]:
        """Give the answers as the file of a certificate holds them, with their inputs."""
        return {
            "equality": None if self.equality is None else _with_witness(self.equality),
            "directions": None if self.directions is None else _with_pairs(self.directions),
            "born_again": None if self.grown is None else _with_witness(self.grown),
        }


def _with_witness(told: EqualityCertificate | BornAgainTree) -> dict[str, Any]:
    witness = None if told.witness is None else plain_rows(told.witness)[0]
    return {**told.to_dict(), "witness": witness}


def _with_pairs(told: MonotonicityCertificate) -> dict[str, Any]:
    data = told.to_dict()
    for one in data["columns"]:
        for who, side in (("student", told.student), ("teacher", told.teacher)):
            if one[who] is not None:
                pair = side[one["column"]].witness
                one[who]["inputs"] = None if pair is None else plain_rows(pair)
    return data


def everywhere_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that ask beyond single rows to a command."""
    options = (
        click.option(
            "--equality",
            metavar="DOMAIN",
            type=click.Choice(["all", "reference"]),
            help="Also prove that student and teacher decide the same everywhere, or find an input: "
            "all is every number, reference those in the range of --reference. For small teachers "
            "of trees.",
        ),
        click.option(
            "--monotonic",
            multiple=True,
            metavar="COLUMN=WAY",
            help="Also prove of both that the prediction, or the probability of the last class in "
            "order, may only rise or fall with a column, or find two inputs: WAY is increasing or "
            "decreasing. May be repeated. --monotonic teacher takes the constraints that the teacher "
            "was trained under.",
        ),
        click.option(
            "--born-again",
            metavar="N_LEAVES",
            type=click.IntRange(min=2),
            help="Also grow a tree of at most so many leaves that decides as the teacher everywhere, "
            "and say whether that is proved. For few and shallow trees on numbers.",
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


def read_ways(written: Sequence[str], X: pd.DataFrame) -> dict[str | int, int] | None:
    """Read the directions that are asked about.

    Parameters
    ----------
    written : sequence of str
        What the user wrote.

    X : pandas.DataFrame
        A table with the columns of the student.

    Returns
    -------
    signs : dict or None
        Column to 1 or -1; None for the teacher's own.

    Raises
    ------
    click.UsageError
        If one is not of that form, or names no column or one in both directions.
    """
    if TEACHERS_OWN in written:
        if len(written) > 1:
            msg = "--monotonic teacher stands alone: it takes all constraints of the teacher."
            raise click.UsageError(msg)
        return None
    signs: dict[str | int, int] = {}
    for text in written:
        name, _, way = text.rpartition("=")  # a column's name may hold "="
        if not name or way not in SIGNS:
            msg = (
                "--monotonic must be COLUMN=increasing, COLUMN=decreasing or teacher, got "
                f"{text!r}."
            )
            raise click.UsageError(msg)
        check_known([name], X, "--monotonic")
        if signs.setdefault(name, SIGNS[way]) != SIGNS[way]:
            msg = f"--monotonic says of {name!r} both increasing and decreasing; choose one."
            raise click.UsageError(msg)
    return signs


def ask_everywhere(
    student: Any, teacher: Any, X_ref: pd.DataFrame, options: Mapping[str, Any], stages: Stages
) -> Everywhere:
    """Answer what the options ask.

    Parameters
    ----------
    student, teacher : fitted estimator
        The models.

    X_ref : pandas.DataFrame of shape (n_reference, n_columns)
        The reference rows.

    options : mapping
        The options of the command.

    stages : Stages
        Where to say what is being done.

    Returns
    -------
    everywhere : Everywhere
        The answers.
    """
    from interpkd.fidelity import born_again_tree, certify_equality, certify_monotonicity

    equality = directions = grown = None
    if options["monotonic"]:
        signs = read_ways(options["monotonic"], X_ref) or _teachers_own(teacher, X_ref)
        stages.begin("Following directions")
        directions = certify_monotonicity(student, teacher, X_ref=X_ref, columns=signs)
    if options["equality"]:
        stages.begin("Comparing both on the whole domain")
        equality = certify_equality(
            student,
            teacher,
            X_ref=X_ref,
            domain=options["equality"],
            tolerance=options["tolerance"],
        )
    if options["born_again"]:
        stages.begin("Growing a tree that is the teacher")
        grown = born_again_tree(teacher, X_ref=X_ref, max_leaf_nodes=options["born_again"])
    return Everywhere(equality, directions, grown)


def _teachers_own(teacher: Any, X_ref: pd.DataFrame) -> dict[str | int, int]:
    """Read the constraints that the teacher was trained under."""
    from interpkd.teachers import teacher_monotonic_cst

    names = [str(name) for name in X_ref.columns]
    signs: Any = []
    with contextlib.suppress(InvalidInputError, AttributeError):
        signs = teacher_monotonic_cst(teacher, names)
    found: dict[str | int, int] = {
        name: int(sign) for name, sign in zip(names, signs, strict=False) if sign
    }
    if not found:
        msg = (
            "--monotonic teacher: no constraint can be read of this teacher (a file of XGBoost does "
            "not keep them); state them as --monotonic COLUMN=increasing or COLUMN=decreasing."
        )
        raise click.UsageError(msg)
    return found


def show_everywhere(console: Console, found: Everywhere) -> None:
    """Print the answers, each with the inputs that attain it.

    Parameters
    ----------
    console : rich.console.Console
        Where to write.

    found : Everywhere
        The answers.
    """
    if found.equality is not None:
        _heading(console, "Student and teacher on the whole domain")
        _say(console, _sentence(found.equality))
        _say_input(console, found.equality.witness)
    if found.directions is not None:
        _heading(console, "Directions")
        _say(console, str(found.directions))
        for who, side in (
            ("student", found.directions.student),
            ("teacher", found.directions.teacher),
        ):
            for name, one in side.items():
                if one.witness is not None:
                    _say_pair(console, who, name, one)
    if found.grown is not None:
        _heading(console, "A tree grown from the teacher")
        _say(console, _sentence(found.grown))
        _say_input(console, found.grown.witness)


def write_grown(grown: BornAgainTree, folder: Path) -> list[str]:
    """Write a grown tree as rules, and as a student that `interpkd.export.load` reads.

    Parameters
    ----------
    grown : BornAgainTree
        The tree.

    folder : Path
        Where to.

    Returns
    -------
    names : list of str
        The files; of a tree that is too large for it without the student.
    """
    from interpkd.export import save, to_rules

    rules, saved = GROWN_FILES
    (folder / rules).write_text(to_rules(grown.tree), encoding="utf-8")
    try:
        save(grown.tree, folder / saved)
    except InvalidInputError as error:
        click.echo(f"{saved} is left out. {error}", err=True)
        return [rules]
    return [rules, saved]


def _heading(console: Console, text: str) -> None:
    console.print()
    console.print(Text(text, style="bold"))


def _say(console: Console, text: str) -> None:
    console.print(Text(visible(text)), soft_wrap=True)


def _sentence(told: Any) -> str:
    text = str(told).replace(" (`witness`)", "").replace("`witness` is", "there is")
    return f"{text[:1].upper()}{text[1:]}"


def _say_input(console: Console, witness: Any) -> None:
    if witness is not None:
        _say(console, f"Attained by this input: {listed(plain_rows(witness)[0])}")


def _say_pair(console: Console, who: str, name: str, one: Any) -> None:
    first, second = plain_rows(one.witness)
    answers = " and ".join(f"{answer:.6g}" for answer in one.answers)
    others = listed({key: value for key, value in first.items() if key != name})
    _say(
        console,
        f"Attained by the {who}: {name} {value_text(first[name])} and {value_text(second[name])} are answered "
        f"by {answers}; in both inputs {others or 'there is nothing else'}",
    )
