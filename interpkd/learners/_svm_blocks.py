"""Linear support vector machines on blocks of rows."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd.exceptions import InvalidInputError
from interpkd.learners._block_rows import Sample, look_at_rows
from interpkd.learners._block_sum import SAMPLE_TOLERANCE, BlockSum, Task
from interpkd.learners._linear_model import LinearModel, check_number, spread_bounds
from interpkd.learners._newton import Penalty, minimise
from interpkd.learners._soft_svm import LOSSES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from interpkd.learners._block_rows import BlockDesign, RowFacts
    from interpkd.learners._blocks import Blocks


def fit_soft_svm_blocks(
    blocks: Blocks,
    sample: Mapping[str, NDArray[Any]],
    *,
    n_classes: int,
    design: BlockDesign | None = None,
    facts: RowFacts | None = None,
    C: float = 1.0,
    loss: str = "squared_hinge",
    bounds: tuple[Any, Any] | None = None,
    fit_intercept: bool = True,
    intercept_scaling: float = 1.0,
    tol: float = 1e-8,
    max_iter: int = 500,
) -> LinearModel:
    """Fit linear support vector machines to class probabilities of rows in blocks.

    The model is that of `fit_soft_svm` on all rows, up to the tolerance of the search.

    Parameters
    ----------
    blocks : Blocks
        Blocks of "Z", from which `design` makes finite columns, "targets" (of two classes the
        probability of the second, shape (n_rows, 1), of more shape (n_rows, n_classes)) and, where
        not all are 1, "weights".

    sample : mapping of str to ndarray
        The same of some rows, at whose minimum the search starts.

    n_classes : int
        Number of classes, 2 or more.

    design : BlockDesign or None, default=None
        A small object that makes columns of rows, and has their number in `n_columns`; None where
        "Z" holds them.

    facts : RowFacts or None, default=None
        What is known of all rows; None for another pass that finds it out.

    C : float, default=1.0
        As of `fit_soft_svm`.

    loss : {"squared_hinge"}, default="squared_hinge"
        The hinge itself is not here: which rows lie at its kink is known of rows in memory only.

    bounds : tuple of (lower, upper) or None, default=None
        As of `fit_soft_svm`.

    fit_intercept : bool, default=True
        As of `fit_soft_svm`.

    intercept_scaling : float, default=1.0
        As of `fit_soft_svm`.

    tol : float, default=1e-08
        As of `fit_soft_svm`.

    max_iter : int, default=500
        As of `fit_soft_svm`.

    Returns
    -------
    model : LinearModel
        As of `fit_soft_svm`.

    Raises
    ------
    InvalidInputError
        If a parameter is out of its range, or the loss is "hinge".

    Notes
    -----
    It takes 4 to 8 passes for each class, or for the one of two.

    Examples
    --------
    >>> import numpy as np
    >>> from interpkd.learners import MemoryBlocks, fit_soft_svm_blocks
    >>> rows = {"Z": np.array([[-1.0], [0.0], [1.0]]), "targets": np.array([[0.0], [0.5], [1.0]])}
    >>> fit_soft_svm_blocks(MemoryBlocks([rows]), rows, n_classes=2).coef.round(6)
    array([[0.8]])
    """
    check_number("C", C, least=0, most=1e300, open_left=True)
    check_number("intercept_scaling", intercept_scaling, least=0, most=1e300, open_left=True)
    check_smooth_hinge(loss)
    last = float(intercept_scaling) if fit_intercept else 0.0
    some = Sample.of(sample, design, n_classes, last)
    facts = look_at_rows(blocks, some.design, n_classes) if facts is None else facts
    n_outputs, (d, m) = 1 if n_classes == 2 else n_classes, some.widths
    lower, upper = (side.reshape(n_outputs, m) for side in spread_bounds(bounds, n_outputs, d, m))
    ridge = np.full(m, 1 / (C * facts.total))
    found = []
    for k in range(n_outputs):
        task = Task("squared_hinge", n_classes, last, some.design, k if n_classes > 2 else 1)
        on_sample = task.sum_over(some.rows, some.targets, some.weights)
        penalty = Penalty(ridge, np.zeros(m), lower[k], upper[k])
        start = np.clip(np.zeros(m), lower[k], upper[k])
        near = minimise(on_sample, penalty, start, tol=SAMPLE_TOLERANCE, max_iter=50)
        smooth = BlockSum(blocks, task, facts, on_sample)
        start = near.theta if near.converged else start
        found.append(minimise(smooth, penalty, start, tol=tol, max_iter=max_iter))
    return LinearModel(
        coef=np.stack([one.theta[:d] for one in found]),
        intercept=np.array([intercept_scaling * one.theta[d:].sum() for one in found]),
        n_iter=max(one.n_iter for one in found),
        loss=sum(one.loss for one in found),
        converged=all(one.converged for one in found),
    )


def check_smooth_hinge(loss: str) -> None:
    """Refuse the hinge itself, which is no sum over rows in blocks.

    Parameters
    ----------
    loss : str
        The loss that is asked for.

    Raises
    ------
    InvalidInputError
        If it is not "squared_hinge".

    Examples
    --------
    >>> from interpkd.learners import check_smooth_hinge
    >>> check_smooth_hinge("squared_hinge")  # says nothing: it may be used
    """
    if loss == "squared_hinge":
        return
    if loss not in LOSSES:
        msg = f"loss must be one of {LOSSES}, got {loss!r}."
        raise InvalidInputError(msg)
    msg = (
        "loss='hinge' needs all rows in memory at once: which rows lie at the kink of the hinge is "
        "no sum over rows. Use loss='squared_hinge', or fit on a table in memory, such as a sample."
    )
    raise InvalidInputError(msg)
