"""What goes wrong is said in one sentence on stderr; a traceback is only for those who ask."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import contextlib
import errno
import signal
import sys
import threading
import warnings
from typing import TYPE_CHECKING, Any, NoReturn

import click

from interpkd.exceptions import DistillationWarning, InterpkdError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

TRACEBACK = "interpkd.traceback"
"""Key in click's context: whether the user asked for the traceback of an error."""


class DataError(click.ClickException):
    """A table that cannot be worked with; the message names the place and the remedy."""

    exit_code = 1


class Interrupted(click.ClickException):
    """Ctrl-C, with the exit code that shells give it."""

    exit_code = 130


class Terminated(SystemExit):
    """SIGTERM as an exception, so that temporary folders are removed on the way out."""


class OneSentenceGroup(click.Group):
    """A group of commands whose every failure is one line on stderr.

    The exit code is 2 for wrong usage, 1 for anything else, 130 after Ctrl-C.
    """

    def main(self, *args: Any, **extra: Any) -> NoReturn:
        """Run the command line and exit.

        Parameters
        ----------
        *args : object
            As for :meth:`click.Command.main`.

        **extra : object
            As for :meth:`click.Command.main`; `standalone_mode` has no effect.
        """
        for stream in (sys.stdout, sys.stderr):
            # a terminal that lacks a sign shall show "?" for it, not end the run
            if hasattr(stream, "reconfigure"):
                stream.reconfigure(errors="replace")
        extra["standalone_mode"] = False
        try:
            with _terminating(), _warnings_as_notes():
                code = super().main(*args, **extra)
        except click.ClickException as error:
            prefix = "" if isinstance(error, Interrupted) else "Error: "
            _say(prefix + error.format_message())
            sys.exit(error.exit_code)
        except click.Abort:  # Ctrl-C before any command began
            _say("Interrupted.")
            sys.exit(Interrupted.exit_code)
        sys.exit(code if isinstance(code, int) else 0)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the chosen command, its errors turned into sentences.

        Parameters
        ----------
        ctx : click.Context
            The context of the group.

        Returns
        -------
        result : object
            What the command returns.

        Raises
        ------
        click.ClickException
            With the sentence to show, unless the traceback was asked for.
        """
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except KeyboardInterrupt as error:
            message = "Interrupted; nothing was written."
            raise Interrupted(message) from error
        except Exception as error:
            if ctx.meta.get(TRACEBACK) or getattr(error, "errno", None) == errno.EPIPE:
                raise
            raise click.ClickException(_sentence(error)) from error


def traceback_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the hidden option ``--traceback``, also set by INTERPKD_TRACEBACK=1."""

    def remember(ctx: click.Context, _: click.Parameter, value: Any) -> None:
        ctx.meta[TRACEBACK] = value

    return click.option(
        "--traceback",
        is_flag=True,
        hidden=True,
        envvar="INTERPKD_TRACEBACK",
        expose_value=False,
        callback=remember,
        help="Show the traceback of an error.",
    )(command)


@contextlib.contextmanager
def results_are_written(out: Path) -> Iterator[None]:
    """Say of an interrupt that it came when the results lay in their place."""
    try:
        yield
    except KeyboardInterrupt as error:
        message = f"Interrupted; the results are in {out}."
        raise Interrupted(message) from error


def _sentence(error: Exception) -> str:
    """Say an error: the library's own words, or the bare facts of one that nobody foresaw."""
    if isinstance(error, InterpkdError):
        return str(error)
    if isinstance(error, OSError) and error.strerror:
        where = f" ({error.filename})" if error.filename else ""
        return f"{error.strerror}{where}."
    if isinstance(error, MemoryError):
        return "Out of memory; try fewer rows, or --drop columns that are not needed."
    return (
        f"{type(error).__name__}: {error} (an error that interpkd did not foresee; run again with "
        "--traceback to see where)"
    )


def _say(message: str) -> None:
    """Write one line to stderr, whatever line breaks the message holds."""
    click.echo(" ".join(message.split()), err=True)


@contextlib.contextmanager
def _terminating() -> Iterator[None]:
    """Turn SIGTERM into an exception while the command runs."""
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread may set signal handlers
        return

    def stop(*_: Any) -> NoReturn:
        raise Terminated(128 + signal.SIGTERM)

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextlib.contextmanager
def _warnings_as_notes() -> Iterator[None]:
    """Show interpkd's own warnings as one line each, and others not at all.

    What a third library warns of is for who writes programs with it; who runs a command can do
    nothing about it.
    """
    if sys.warnoptions:  # python -W, PYTHONWARNINGS: somebody wants to see them all
        yield
        return

    def note(message: Warning | str, category: type[Warning], *_: Any, **__: Any) -> None:
        if issubclass(category, DistillationWarning):
            _say(f"Note: {message}")

    with warnings.catch_warnings():
        warnings.simplefilter("default")
        warnings.showwarning = note
        yield
