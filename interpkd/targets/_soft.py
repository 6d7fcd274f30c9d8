"""Soft targets: temperature, and the share of the true label."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from interpkd._typing import FloatArray


def temper(proba: ArrayLike, temperature: float) -> FloatArray:
    r"""Soften (``temperature > 1``) or sharpen (``< 1``) class probabilities.

    Gives :math:`q_k \propto p_k^{1/T}`, which is the softmax of the logits divided by :math:`T`
    (Hinton et al. 2015, eq. 1). ``temper(temper(p, T), 1 / T)`` is `p` again.

    Parameters
    ----------
    proba : array-like of shape (n_samples, n_classes)
        Probabilities; each row needs one that is above 0.

    temperature : float
        The temperature :math:`T > 0`; 1 changes nothing.

    Returns
    -------
    tempered : ndarray of shape (n_samples, n_classes)
        Rows that sum to one.

    References
    ----------
    .. [1] G. Hinton, O. Vinyals and J. Dean, "Distilling the knowledge in a neural network",
       2015. https://arxiv.org/abs/1503.02531

    Examples
    --------
    >>> from interpkd.targets import temper
    >>> print(temper([[0.9, 0.1]], 2.0))
    [[0.75 0.25]]
    """
    P = np.asarray(proba, dtype=np.float64)
    if temperature == 1:
        return P
    # Dividing by the row's maximum first keeps small temperatures from underflowing.
    scaled = (P / P.max(axis=1, keepdims=True)) ** (1 / temperature)
    return scaled / scaled.sum(axis=1, keepdims=True)


def mix_labels(soft: FloatArray, label_codes: NDArray[np.intp], alpha: float) -> FloatArray:
    r"""Mix the true labels into soft targets.

    Gives :math:`\alpha \, \mathrm{onehot}(y) + (1 - \alpha) \, q`. For a loss that is linear in
    its target this is :math:`\alpha L(\text{label}) + (1 - \alpha) L(\text{teacher})`
    (Hinton et al. 2015, section 2).

    Parameters
    ----------
    soft : ndarray of shape (n_samples, n_classes)
        Soft targets :math:`q`.

    label_codes : ndarray of shape (n_samples,)
        Positions of the true labels among the columns.

    alpha : float
        Weight of the true labels, in [0, 1].

    Returns
    -------
    targets : ndarray of shape (n_samples, n_classes)
        The mixed targets.

    Examples
    --------
    >>> import numpy as np
    >>> from interpkd.targets import mix_labels
    >>> print(mix_labels(np.array([[0.5, 0.5]]), np.array([1]), 0.2))
    [[0.4 0.6]]
    """
    return (1 - alpha) * soft + alpha * np.eye(soft.shape[1])[label_codes]
