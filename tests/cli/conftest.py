"""Running the command line in tests, and small files to run it on."""

import inspect

import pytest
from click.testing import CliRunner

from interpkd.cli import main
from interpkd.datasets import make_credit
from interpkd.teachers import make_teacher

# click before 8.2 mixes stderr into stdout unless told not to; since then it never does
APART = {"mix_stderr": False} if "mix_stderr" in inspect.signature(CliRunner).parameters else {}


@pytest.fixture
def small_teacher(monkeypatch):
    """Make the teachers of a run small: what they know does not matter here."""

    def small(kind, **options):
        teacher = make_teacher(kind, **options)
        return teacher.set_params(model__n_estimators=5)

    for place in ("cli._run", "teachers"):  # `interpkd verify` takes it from the room
        monkeypatch.setattr(f"interpkd.{place}.make_teacher", small)


@pytest.fixture
def undrawn(monkeypatch):
    """Leave out the pictures, which take a third of a run; a file that looks at them overrides it."""
    monkeypatch.setattr("interpkd.audit._report.draw_pictures", lambda *_: {})


@pytest.fixture
def run(tmp_path, monkeypatch, small_teacher, undrawn):
    """Run `interpkd` with the given arguments, in an empty folder; no refits unless asked for."""
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.chdir(home)
    monkeypatch.setenv("COLUMNS", "80")

    def invoke(*args):
        # refits have their own tests; without them a run takes a second
        if args[:1] == ("distill",) and not {"--folds", "--refits", "--config"} & set(args):
            args = (*args, "--quick")
        return CliRunner(**APART).invoke(main, [str(arg) for arg in args])

    return invoke


@pytest.fixture
def loans():
    """Give a loan table with the target in it."""
    credit = make_credit(240, random_state=0)
    return credit.data.assign(outcome=credit.target)


@pytest.fixture
def write_csv(tmp_path):
    """Write a frame or a text as a CSV file and give its path."""

    def write(table, name="table.csv"):
        path = tmp_path / name
        if isinstance(table, str):
            path.write_text(table, encoding="utf-8")
        else:
            table.to_csv(path, index=False)
        return path

    return write


@pytest.fixture
def stop_at(monkeypatch):
    """Let a run end where it calls a function of `interpkd.cli._run`; give what that is called with."""

    def stop(name):
        seen = []

        def end(*args, **options):
            seen.append((args, options))
            raise KeyboardInterrupt

        monkeypatch.setattr(f"interpkd.cli._run.{name}", end)
        return seen

    return stop
