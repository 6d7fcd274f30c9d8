"""The linear learners on blocks of rows, in memory, in files or on workers: the same models.

Each search starts at the minimum on a sample, so that a few passes over all rows are left: one for
each step and one before, where the Hessian is formed. A pass sends the parameters to each block, ``8 *
p`` bytes for `p` of them beside the design, and brings back value, gradient and Hessian, ``8 * (1 + p +
p²)`` bytes. Where a block is, there are for that time its targets and weights in float64, ``8 * (K +
1)`` bytes a row, and the design columns of 2048 rows for each thread. Nothing is kept of a row, so the
memory of a fit is that of the sample, whatever the number of rows.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd.learners._block_rows import Sample, look_at_rows
from interpkd.learners._block_sum import SAMPLE_TOLERANCE, BlockSum, Task
from interpkd.learners._linear_model import LinearModel, check_number, spread_bounds
from interpkd.learners._newton import Penalty, minimise
from interpkd.learners._soft_logistic import (
    check_mass,
    logistic_model,
    separation_watch,
    start_on_rows,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from interpkd.learners._block_rows import BlockDesign, RowFacts
    from interpkd.learners._blocks import Blocks


def fit_soft_logistic_blocks(
    blocks: Blocks,
    sample: Mapping[str, NDArray[Any]],
    *,
    n_classes: int,
    design: BlockDesign | None = None,
    facts: RowFacts | None = None,
    C: float = 1.0,
    l1_ratio: float = 0.0,
    bounds: tuple[Any, Any] | None = None,
    fit_intercept: bool = True,
    tol: float = 1e-8,
    max_iter: int = 100,
) -> LinearModel:
    """Fit logistic regression to class probabilities of rows in blocks.

    The model is that of `fit_soft_logistic` on all rows, up to the tolerance of the search.

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
        As of `fit_soft_logistic`.

    l1_ratio : float, default=0.0
        As of `fit_soft_logistic`.

    bounds : tuple of (lower, upper) or None, default=None
        As of `fit_soft_logistic`.

    fit_intercept : bool, default=True
        As of `fit_soft_logistic`.

    tol : float, default=1e-08
        As of `fit_soft_logistic`.

    max_iter : int, default=100
        As of `fit_soft_logistic`.

    Returns
    -------
    model : LinearModel
        As of `fit_soft_logistic`.

    Raises
    ------
    InvalidInputError
        If a parameter is out of its range, a class has no mass, or without a penalty the classes
        can be separated so that no finite coefficients are best.

    Notes
    -----
    Up to 2000 parameters of two classes the Hessian is formed: 3 to 5 passes. Of more classes it is
    up to 64 parameters, and up to 2000 with L1 or bounds; else conjugate gradients, told by the
    sample where the loss is steep, take about 2 passes more for each step: 8 to 15 in all. Beyond,
    L-BFGS-B with L1 or bounds takes hundreds. With ``C=np.inf`` each step has one more.

    Examples
    --------
    >>> import numpy as np
    >>> from interpkd.learners import MemoryBlocks, fit_soft_logistic_blocks
    >>> x = np.array([[0.0], [1.0], [2.0]])
    >>> rows = {"Z": x, "targets": 1 / (1 + np.exp(1 - 2 * x))}
    >>> model = fit_soft_logistic_blocks(MemoryBlocks([rows]), rows, n_classes=2, C=np.inf)
    >>> model.coef.round(6), model.intercept.round(6)
    (array([[2.]]), array([-1.]))
    """
    check_number("C", C, least=0, most=np.inf, open_left=True)
    check_number("l1_ratio", l1_ratio, least=0, most=1, open_left=False)
    some = Sample.of(sample, design, n_classes, float(fit_intercept))
    facts = look_at_rows(blocks, some.design, n_classes) if facts is None else facts
    if fit_intercept or np.isinf(C):
        check_mass(facts.mass)
    n_outputs, (d, m) = 1 if n_classes == 2 else n_classes, some.widths
    lower, upper = spread_bounds(bounds, n_outputs, d, m)
    strength = np.zeros((n_outputs, m))
    strength[:, :d] = 1 / (C * facts.total)
    penalty = Penalty((1 - l1_ratio) * strength.ravel(), l1_ratio * strength.ravel(), lower, upper)
    is_unpenalised = not strength.any()
    pinned = np.ones(m, dtype=np.bool_)
    pinned[:d] = is_unpenalised and penalty.is_smooth
    task = Task(
        "log" if n_classes == 2 else "softmax", n_classes, float(fit_intercept), some.design
    )
    smooth = BlockSum(
        blocks,
        task,
        facts,
        task.sum_over(some.rows, some.targets, some.weights),
        form_hessian=not penalty.is_smooth,
        pinned=pinned if n_classes > 2 else None,
    )
    P = some.targets
    P = np.stack([1 - P, P], axis=1) if n_classes == 2 else P
    start = start_on_rows(some.rows, P, some.weights, penalty, facts.mass / facts.total)
    watch = separation_watch(smooth, smooth.curvature_of_ties) if is_unpenalised else None
    found = minimise(smooth, penalty, start, tol=tol, max_iter=max_iter, watch=watch)
    return logistic_model(found, penalty, d, m)


def fit_soft_linear_blocks(
    blocks: Blocks,
    sample: Mapping[str, NDArray[Any]],
    *,
    design: BlockDesign | None = None,
    facts: RowFacts | None = None,
    alpha: float = 1.0,
    l1_ratio: float = 0.0,
    bounds: tuple[Any, Any] | None = None,
    fit_intercept: bool = True,
    tol: float = 1e-10,
    max_iter: int = 100,
) -> LinearModel:
    """Fit a linear function to a teacher's predictions of rows in blocks.

    The model is that of `fit_soft_linear` on all rows, up to the tolerance of the search.

    Parameters
    ----------
    blocks : Blocks
        Blocks of "Z", from which `design` makes finite columns, "targets" of shape (n_rows, 1) and,
        where not all are 1, "weights".

    sample : mapping of str to ndarray
        The same of some rows, at whose minimum the search starts.

    design : BlockDesign or None, default=None
        A small object that makes columns of rows, and has their number in `n_columns`; None where
        "Z" holds them.

    facts : RowFacts or None, default=None
        What is known of all rows; None for another pass that finds it out.

    alpha : float, default=1.0
        As of `fit_soft_linear`.

    l1_ratio : float, default=0.0
        As of `fit_soft_linear`.

    bounds : tuple of (lower, upper) or None, default=None
        As of `fit_soft_linear`.

    fit_intercept : bool, default=True
        As of `fit_soft_linear`.

    tol : float, default=1e-10
        As of `fit_soft_linear`.

    max_iter : int, default=100
        As of `fit_soft_linear`.

    Returns
    -------
    model : LinearModel
        As of `fit_soft_linear`.

    Raises
    ------
    InvalidInputError
        If a parameter is out of its range, or the rows are not finite.

    Notes
    -----
    It takes 2 or 3 passes, the first of which forms the Gram matrix; of more than 2000 columns
    conjugate gradients take one for each of their steps.

    Examples
    --------
    >>> import numpy as np
    >>> from interpkd.learners import MemoryBlocks, fit_soft_linear_blocks
    >>> x = np.array([[0.0], [1.0], [2.0]])
    >>> rows = {"Z": x, "targets": 2 * x - 1}
    >>> model = fit_soft_linear_blocks(MemoryBlocks([rows]), rows, alpha=0.0)
    >>> model.coef.round(6), model.intercept.round(6)
    (array([[2.]]), array([-1.]))
    """
    check_number("alpha", alpha, least=0, most=1e300, open_left=False)
    check_number("l1_ratio", l1_ratio, least=0, most=1, open_left=False)
    some = Sample.of(sample, design, 1, float(fit_intercept))
    facts = look_at_rows(blocks, some.design, 1) if facts is None else facts
    d, m = some.widths
    lower, upper = spread_bounds(bounds, 1, d, m)
    strength = np.zeros(m)
    strength[:d] = alpha / facts.total
    penalty = Penalty((1 - l1_ratio) * strength, l1_ratio * strength, lower, upper)
    middle = float(facts.mass[0]) / facts.total if fit_intercept else 0.0
    share = some.weights / some.weights.sum()
    spread = float(np.sqrt(share @ (some.targets - middle) ** 2))
    start = np.zeros(m)
    start[d:] = middle
    start = np.clip(start, lower, upper)
    task = Task("squared_error", 1, float(fit_intercept), some.design)
    on_sample = task.sum_over(some.rows, some.targets, some.weights)
    near = minimise(on_sample, penalty, start, tol=SAMPLE_TOLERANCE * spread, max_iter=15)
    smooth = BlockSum(blocks, task, facts, on_sample)
    start = near.theta if near.converged else start
    found = minimise(smooth, penalty, start, tol=tol * spread, max_iter=max_iter)
    return LinearModel(
        coef=found.theta[None, :d].copy(),
        intercept=found.theta[d:].copy() if fit_intercept else np.zeros(1),
        n_iter=found.n_iter,
        loss=2 * found.loss,
        converged=found.converged,
    )
