"""A network of linear layers with rectifiers between them, as plain arrays."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import MaxAbsScaler, MinMaxScaler, RobustScaler, StandardScaler

from interpkd._asking import select_columns
from interpkd._optional import is_instance_of_name
from interpkd._tables import is_frame
from interpkd.exceptions import InvalidInputError
from interpkd.teachers._torch import TorchTeacher
from interpkd.teachers._unwrap import unwrap

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from interpkd._typing import FloatArray, Table

NETWORKS = "MLPClassifier and MLPRegressor with activation='relu', torch.nn.Sequential of Linear "
NETWORKS += "and ReLU, and such ones behind a scaler"
IDLE = ("Dropout", "Identity", "Flatten")
"""Layers of torch that do nothing to a row of numbers when a module is asked."""


@dataclass(frozen=True, eq=False)
class ReluNetwork:
    """A fitted network as arrays; made by :func:`relu_network`.

    With ``h = scale * row + shift`` first, each layer is ``h = weight @ h + bias``, and all but the
    last are followed by ``max(h, 0)``. What the last gives is the margin.

    Attributes
    ----------
    weights : tuple of ndarray of shape (n_out, n_in)
        One per layer.

    biases : tuple of ndarray of shape (n_out,)
        One per layer.

    scale, shift : ndarray of shape (n_features,)
        What a scaler before the network does.

    link : {"identity", "logistic", "softmax"}
        From margin to answer; one margin of a logistic link is that of the second class.

    precision : {"float32", "float64"}
        What the network calculates in.

    names : tuple of str or None
        Names of the columns, None when it was trained on an array.

    classes : ndarray of shape (n_classes,) or None
        The classes, None for a regression.

    Examples
    --------
    >>> from sklearn.neural_network import MLPRegressor
    >>> from interpkd.teachers import relu_network
    >>> model = MLPRegressor(hidden_layer_sizes=(3,), solver="lbfgs").fit([[0.0], [1.0], [2.0]], [0.0, 1.0, 2.0])
    >>> network = relu_network(model)
    >>> [weight.shape for weight in network.weights], network.link
    ([(3, 1), (1, 3)], 'identity')
    """

    weights: tuple[FloatArray, ...]
    biases: tuple[FloatArray, ...]
    scale: FloatArray
    shift: FloatArray
    link: Literal["identity", "logistic", "softmax"]
    precision: Literal["float32", "float64"]
    names: tuple[str, ...] | None
    classes: NDArray[Any] | None

    @property
    def n_features(self) -> int:
        """Number of columns."""
        return self.weights[0].shape[1]

    def encode(self, X: Table) -> FloatArray:
        """Turn a table into the matrix that the network takes.

        Parameters
        ----------
        X : array-like or data frame of shape (n_samples, n_features)
            The rows; of a data frame the columns are found by name.

        Returns
        -------
        Z : ndarray of shape (n_samples, n_features)
            Numbers.
        """
        if is_frame(X) and self.names is not None:
            X = select_columns(X, [*self.names])
        return np.asarray(X, dtype=np.float64)

    def margin(self, Z: FloatArray) -> FloatArray:
        """Give the margins of rows, before the link.

        Parameters
        ----------
        Z : ndarray of shape (n_samples, n_features)
            Rows of numbers.

        Returns
        -------
        margin : ndarray of shape (n_samples, n_outputs)
            In float64, where the network itself may calculate in float32.
        """
        h = np.asarray(Z, dtype=np.float64) * self.scale + self.shift
        for weight, bias in zip(self.weights[:-1], self.biases[:-1], strict=True):
            h = np.maximum(h @ weight.T + bias, 0.0)
        return h @ self.weights[-1].T + self.biases[-1]


def relu_network(model: Any) -> ReluNetwork:
    """Give the arrays of a fitted network of linear layers with rectifiers between them.

    Read are scikit-learn's MLP models with ``activation="relu"`` and :class:`TorchTeacher` of a
    `torch.nn.Sequential` of Linear and ReLU layers, each also behind a scaler that is a multiple
    and a shift of every column, and inside a frozen teacher.

    Parameters
    ----------
    model : fitted estimator or teacher
        The network.

    Returns
    -------
    network : ReluNetwork
        Its layers.

    Raises
    ------
    InvalidInputError
        If it is no such network.

    See Also
    --------
    tree_ensemble : The same of an ensemble of trees.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.neural_network import MLPRegressor
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from interpkd.teachers import relu_network
    >>> X, y = load_diabetes(return_X_y=True)
    >>> network = MLPRegressor(hidden_layer_sizes=(8,), solver="lbfgs", max_iter=5000)
    >>> model = make_pipeline(StandardScaler(), network).fit(X, y)
    >>> network = relu_network(model)
    >>> bool(abs(network.margin(X)[:, 0] - model.predict(X)).max() < 1e-6)
    True
    """
    inner = unwrap(model)
    last, scalers = inner.model, []
    while isinstance(last, Pipeline):
        scalers += [step for _, step in last.steps[:-1]]
        last = last.steps[-1][1]
    if isinstance(last, TorchTeacher):
        weights, biases, link, precision = _of_torch(last)
        scalers += [] if last.preprocess is None else [last.preprocess]
    elif isinstance(last, (MLPClassifier, MLPRegressor)):
        weights, biases, link, precision = _of_mlp(last)
    else:
        msg = f"{type(last).__name__} is no network that can be read: {NETWORKS}."
        raise InvalidInputError(msg)
    scale, shift = np.ones(weights[0].shape[1]), np.zeros(weights[0].shape[1])
    for one in scalers:
        more, then = _of_scaler(one)
        scale, shift = scale * more, shift * more + then
    classes = None if inner.classes is None else np.asarray(inner.classes)
    return ReluNetwork(
        tuple(np.asarray(w, dtype=np.float64) for w in weights),
        tuple(np.asarray(b, dtype=np.float64) for b in biases),
        scale, shift, link, precision, inner.names, classes,
    )  # fmt: skip


def _of_mlp(model: Any) -> tuple[Any, Any, Any, Any]:
    if model.activation != "relu" or model.out_activation_ not in LINKS:
        msg = (
            f"{type(model).__name__} has activation={model.activation!r} and answers by "
            f"{model.out_activation_!r}; of networks only those with rectifiers can be read."
        )
        raise InvalidInputError(msg)
    if model.out_activation_ != "softmax" and model.n_outputs_ > 1:
        msg = f"{type(model).__name__} has {model.n_outputs_} outputs; only one can be read."
        raise InvalidInputError(msg)
    is_single = any(w.dtype == np.float32 for w in model.coefs_)
    weights = [w.T for w in model.coefs_]
    return weights, model.intercepts_, model.out_activation_, _precision(is_single)


LINKS = ("identity", "logistic", "softmax")


def _precision(is_single: bool) -> Literal["float32", "float64"]:  # noqa: FBT001
    return "float32" if is_single else "float64"


def _of_torch(teacher: TorchTeacher) -> tuple[Any, Any, Any, Any]:
    layers = [*_flat(teacher.module)]
    is_classifier = teacher.classes is not None
    link = "softmax" if is_classifier else "identity"
    if is_classifier and not teacher.from_logits:
        last = layers.pop()
        if type(last).__name__ not in ("Softmax", "Sigmoid"):
            msg = f"The module ends in {type(last).__name__}, which gives no probabilities."
            raise InvalidInputError(msg)
    weights, biases = [], []
    for k, layer in enumerate(layers):
        name = "Linear" if k % 2 == 0 else "ReLU"
        if type(layer).__name__ != name:
            msg = (
                f"The module has a layer {type(layer).__name__} where {name} is expected; it is "
                f"no network that can be read: {NETWORKS}."
            )
            raise InvalidInputError(msg)
        if name == "Linear":
            weights.append(layer.weight.detach().cpu().numpy())
            bias = layer.bias
            biases.append(
                np.zeros(layer.out_features) if bias is None else bias.detach().cpu().numpy()
            )
    if len(layers) % 2 == 0 or any(w.dtype not in (np.float32, np.float64) for w in weights):
        msg = f"The module is no network that can be read: {NETWORKS}."
        raise InvalidInputError(msg)
    if link == "softmax" and len(weights[-1]) == 1:
        link = "logistic"
    return weights, biases, link, _precision(any(w.dtype == np.float32 for w in weights))


def _flat(module: Any) -> list[Any]:
    """Give the layers of a module that is a sequence of them, without those that do nothing."""
    if is_instance_of_name(module, "torch.nn.modules.container.Sequential"):
        return [one for part in module for one in _flat(part)]
    return [] if type(module).__name__ in IDLE else [module]


def _of_scaler(step: Any) -> tuple[FloatArray, FloatArray]:
    """Give what a fitted scaler multiplies by and adds."""
    if isinstance(step, MinMaxScaler) and not step.clip:
        return np.asarray(step.scale_), np.asarray(step.min_)
    if isinstance(step, (StandardScaler, RobustScaler, MaxAbsScaler)):
        center = getattr(step, "mean_", None) if isinstance(step, StandardScaler) else None
        center = getattr(step, "center_", None) if isinstance(step, RobustScaler) else center
        if isinstance(step, StandardScaler) and not step.with_mean:
            center = None
        width = step.n_features_in_
        scale = np.ones(width) if step.scale_ is None else 1 / np.asarray(step.scale_)
        return scale, np.zeros(width) if center is None else -np.asarray(center) * scale
    msg = (
        f"{type(step).__name__} before the network is no multiple and shift of each column, so "
        f"the network cannot be read: {NETWORKS}."
    )
    raise InvalidInputError(msg)
