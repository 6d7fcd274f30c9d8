"""A fit that fails or is interrupted leaves no half-fitted student behind."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def unfitted_if_it_fails(student: Any) -> Iterator[None]:
    """Take back everything a fit has set, should it end in an error or by the keyboard.

    scikit-learn takes an estimator with any attribute like ``n_features_in_`` for a fitted one,
    and these are set long before the teacher has answered.

    Parameters
    ----------
    student : estimator
        The student that is being fitted.

    Yields
    ------
    None
    """
    try:
        yield
    except BaseException:
        for name in [name for name in vars(student) if name.endswith("_")]:
            delattr(student, name)
        raise
