"""Errors and warnings of interpkd.

Every error is also a built-in one, such as `ValueError`, `TypeError` or `ImportError`, so code
written for scikit-learn catches it as it is.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations


class InterpkdError(Exception):
    """Root of the errors raised by interpkd."""


class InvalidInputError(InterpkdError, ValueError):
    """A table, parameter or label that breaks a stated rule; the message names the remedy."""


class DamagedFileError(InvalidInputError):
    """A file that is not, or no longer, what was saved; nothing was built from it."""


class FetchError(InterpkdError, OSError):
    """A data set that could not be fetched; the message says how to work without a network."""


class StorageError(InterpkdError, OSError):
    """A scratch file, checkpoint or checksum that could not be written; with the remedy."""


class TeacherError(InterpkdError, ValueError):
    """A teacher whose output cannot be used as soft targets.

    Parameters
    ----------
    *args : object
        The message.

    row : int or None, default=None
        As the attribute.

    Attributes
    ----------
    row : int or None
        The first row whose answer is to blame, counted in the table that was asked about; None
        where it is not one row's.
    """

    row: int | None = None

    def __init__(self, *args: object, row: int | None = None) -> None:
        super().__init__(*args)
        self.row = row


class NotATeacherError(InterpkdError, TypeError):
    """An object that interpkd cannot question as a teacher."""


class NotAStudentError(InterpkdError, TypeError):
    """An estimator that cannot be fitted to soft targets; the message names the remedy."""


class MissingExtraError(InterpkdError, ImportError):
    """An optional library is not installed; the message holds the install line."""


class PartError(InterpkdError, RuntimeError):
    """A part of a collection that could not be read or worked on.

    The message names the part; the error that was raised there is the cause.
    """


class ClusterError(InterpkdError, ConnectionError):
    """A cluster that can no longer be asked; the message says what was lost."""


class ParityError(InterpkdError, ValueError):
    """An export that does not answer as its student; the message names the worst row."""


class ParityWarning(UserWarning):
    """An export that does not answer as its student, and was written all the same."""


class DistillationWarning(UserWarning):
    """Something about a teacher or its soft targets that a careful user wants to know."""


class InterruptedRun(KeyboardInterrupt):
    """A long run was interrupted; what was finished by then is not lost.

    A `KeyboardInterrupt`, so that nothing goes on by mistake where one is not expected.

    Parameters
    ----------
    message : str
        What was interrupted.

    partial : object
        The result of the part that was finished.
    """

    def __init__(self, message: str, *, partial: object) -> None:
        super().__init__(message)
        self.partial = partial

    def __reduce__(self) -> tuple[object, ...]:
        return _interrupted, (str(self), self.partial)


def _interrupted(message: str, partial: object) -> InterruptedRun:
    return InterruptedRun(message, partial=partial)
