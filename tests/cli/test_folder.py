"""A folder of results appears all at once or not at all."""

import os
from pathlib import Path

import click
import pytest

from interpkd.cli._folder import new_folder


def begin_and_fail(out, error, *, overwrite):
    with new_folder(out, overwrite=overwrite) as folder:
        (folder / "rules.txt").write_text("new")
        message = "stop"
        raise error(message)


def content(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def test_results_appear_at_the_end_only(tmp_path):
    out = tmp_path / "a" / "b"
    with new_folder(out, overwrite=False) as folder:
        (folder / "rules.txt").write_text("x")
        assert not out.exists()
        assert folder.parent == out.parent  # on the same disk, so that moving is one step
    assert content(tmp_path) == ["a", "a/b", "a/b/rules.txt"]


def test_an_empty_folder_is_taken(tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    with new_folder(out, overwrite=False) as folder:
        (folder / "rules.txt").write_text("x")
    assert content(tmp_path) == ["out", "out/rules.txt"]


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt, SystemExit])
@pytest.mark.parametrize("out", ["out", "a/b/out"])
def test_nothing_is_left_of_a_run_that_failed(tmp_path, error, out):
    with pytest.raises(error, match="stop"):
        begin_and_fail(tmp_path / out, error, overwrite=False)
    assert content(tmp_path) == []


def test_results_are_replaced_only_when_asked_and_only_by_a_run_that_ends_well(tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    (out / "rules.txt").write_text("old")
    (out / "report.md").write_text("old")
    with (
        pytest.raises(click.UsageError, match="holds results already; add --overwrite"),
        new_folder(out, overwrite=False),
    ):
        pass
    with pytest.raises(RuntimeError, match="stop"):
        begin_and_fail(out, RuntimeError, overwrite=True)
    assert (out / "rules.txt").read_text() == "old"
    with new_folder(out, overwrite=True) as folder:
        (folder / "rules.txt").write_text("new")
    assert content(tmp_path) == ["out", "out/rules.txt"]
    assert (out / "rules.txt").read_text() == "new"


def test_old_results_come_back_when_the_new_ones_cannot_be_put_in_place(tmp_path, monkeypatch):
    out = tmp_path / "out"
    out.mkdir()
    (out / "rules.txt").write_text("old")
    rename = Path.rename

    def fail_for_the_new(self, target):
        if self.suffix == ".tmp":
            raise OSError(28, "No space left on device")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", fail_for_the_new)
    with (
        pytest.raises(OSError, match="No space left"),
        new_folder(out, overwrite=True) as folder,
    ):
        (folder / "rules.txt").write_text("new")
    assert content(tmp_path) == ["out", "out/rules.txt"]
    assert (out / "rules.txt").read_text() == "old"


def test_a_folder_of_other_things_is_never_replaced(tmp_path):
    (tmp_path / "thesis.txt").write_text("three years of work")
    with (
        pytest.raises(click.UsageError, match=r"holds 'thesis\.txt', which interpkd did not write"),
        new_folder(tmp_path, overwrite=True),
    ):
        pass
    assert content(tmp_path) == ["thesis.txt"]


def test_a_file_and_the_working_folder_are_refused(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("x")
    with (
        pytest.raises(click.UsageError, match="is a file; name a folder"),
        new_folder(tmp_path / "file", overwrite=True),
    ):
        pass
    monkeypatch.chdir(tmp_path)
    with (
        pytest.raises(click.UsageError, match="is the folder you are in"),
        new_folder(Path(), overwrite=True),
    ):
        pass
    with (
        pytest.raises(click.UsageError, match="cannot be written to: Not a directory"),
        new_folder(tmp_path / "file" / "out", overwrite=False),
    ):
        pass
    assert content(tmp_path) == ["file"]


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere"
)
def test_a_folder_that_cannot_be_written_to_is_refused(tmp_path):
    tmp_path.chmod(0o500)
    with (
        pytest.raises(click.UsageError, match="cannot be written to: Permission denied"),
        new_folder(tmp_path / "out", overwrite=False),
    ):
        pass


def test_the_folder_has_ordinary_permissions(tmp_path):
    plain = tmp_path / "plain"
    plain.mkdir()
    with new_folder(tmp_path / "out", overwrite=False):
        pass
    assert (tmp_path / "out").stat().st_mode == plain.stat().st_mode
