"""An inner layer of a network as a transformer: feature transfer.

What a network has learnt lies in its last layers before the answer. A linear student on the outputs
of such a layer reads the same features as the network's own head, and images or text become
columns.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from interpkd._optional import is_instance_of_name
from interpkd._tables import select_rows
from interpkd._validation import check_feature_names_in, num_samples
from interpkd.exceptions import InvalidInputError
from interpkd.teachers._forward import (
    SharesModule,
    check_module,
    known_names,
    read_rows,
    run_in_batches,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from sklearn.utils import Tags

    from interpkd._typing import FloatArray, Table

POOLINGS = ("flatten", "mean", "max")


class TorchFeatures(SharesModule, TransformerMixin, BaseEstimator):
    """The outputs of a network's inner layer as columns.

    The network is run in eval mode, without gradients and in batches, and a hook listens to the
    layer; hook, training flags, gradient mode and device are taken back afterwards, after an error
    too. The network is never trained, and clones share it.

    Parameters
    ----------
    module : torch.nn.Module
        A trained network.

    layer : str
        Dotted name of the layer to listen to, as in ``module.named_modules()``, such as
        ``"encoder.layers.1"``; ``""`` for the network's own output.

    pooling : {"flatten", "mean", "max"}, default="flatten"
        What becomes of outputs with more than two dimensions, such as the maps of a convolution:
        "flatten" makes a column of each number, "mean" and "max" pool over all dimensions but the
        rows' and `feature_axis`.

    feature_axis : int, default=1
        The dimension of the features, which pooling keeps: 1 for convolutions (rows, channels,
        height, width), -1 for sequences (rows, positions, features).

    output : int, str or None, default=None
        Which part to take where the layer gives a tuple or a mapping, as ``nn.LSTM`` and
        ``nn.MultiheadAttention`` do: a position or a key. None for a layer that gives a tensor.

    device : str, torch.device or None, default=None
        Where to run. None for where the module's parameters are; otherwise the module is moved
        there for each call and back.

    batch_size : int, default=1024
        Rows at a time; halved where the device's memory is too short.

    preprocess : transformer, callable or None, default=None
        A fitted transformer, or a function, from the user's table to the module's input; see
        `TorchTeacher`. None for a table of numbers.

    feature_names : sequence of str or None, default=None
        The columns that `preprocess` or the module takes, in their order; data frames are
        aligned to them. None for what `preprocess` remembers, or for the columns seen in `fit`.

    Attributes
    ----------
    n_features_out_ : int
        Number of features.

    n_features_in_ : int
        Number of columns seen in `fit`.

    feature_names_in_ : ndarray of shape (n_features,)
        Names of the columns, when all are texts.

    See Also
    --------
    TorchTeacher : The network, or the rest of it behind the layer, as a teacher.

    Examples
    --------
    A linear student of the last layer, on what the layer before it gives:

    >>> import torch
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.pipeline import make_pipeline
    >>> from interpkd import DistilledLogisticRegression
    >>> from interpkd.teachers import TorchFeatures, TorchTeacher
    >>> X, _ = load_iris(return_X_y=True)
    >>> head = torch.nn.Linear(8, 3)
    >>> network = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.ReLU(), head)
    >>> student = make_pipeline(
    ...     TorchFeatures(network, layer="1"),
    ...     DistilledLogisticRegression(
    ...         TorchTeacher(head, classes=["a", "b", "c"], from_logits=True)
    ...     ),
    ... ).fit(X)
    >>> print(student.predict_proba(X).shape)
    (150, 3)
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {}  # checked with torch's own words

    def __init__(
        self,
        module: Any,
        *,
        layer: str,
        pooling: str = "flatten",
        feature_axis: int = 1,
        output: int | str | None = None,
        device: Any = None,
        batch_size: int = 1024,
        preprocess: Any = None,
        feature_names: Sequence[str] | None = None,
    ) -> None:
        self.module = module
        self.layer = layer
        self.pooling = pooling
        self.feature_axis = feature_axis
        self.output = output
        self.device = device
        self.batch_size = batch_size
        self.preprocess = preprocess
        self.feature_names = feature_names

    def fit(self, X: Table, y: Any = None) -> Self:  # noqa: ARG002
        """Find the layer and count its features, on the first row.

        Parameters
        ----------
        X : array-like, tensor or data frame of shape (n_samples, n_features)
            The rows; of any shape where `preprocess` or the module takes it.

        y : object, default=None
            Ignored.

        Returns
        -------
        self : object
            The transformer; the module is as it was.

        Raises
        ------
        NotATeacherError
            If `module` is not a torch module.

        InvalidInputError
            If the module has no such layer, or another parameter breaks its rule.
        """
        check_module(self.module, self.batch_size, self.preprocess)
        if self.pooling not in POOLINGS:
            msg = f"The 'pooling' parameter must be one of {POOLINGS}, got {self.pooling!r}."
            raise InvalidInputError(msg)
        _find_layer(self.module, self.layer)
        validate_data(self, X, skip_check_array=True)
        if num_samples(X) == 0:
            msg = "TorchFeatures needs at least one row to count its features."
            raise InvalidInputError(msg)
        first = X[:1] if is_instance_of_name(X, "torch.Tensor") else select_rows(X, np.arange(1))
        self.n_features_out_ = self._run(first).shape[1]
        return self

    def transform(self, X: Table) -> FloatArray:
        """Give the layer's outputs.

        Parameters
        ----------
        X : array-like, tensor or data frame of shape (n_samples, n_features)
            The rows; of any shape where `preprocess` or the module takes it.

        Returns
        -------
        Z : ndarray of shape (n_samples, n_features_out)
            float64 features.

        Raises
        ------
        InvalidInputError
            If the layer gives no such tensor, is not run, is run more than once for a row, or
            gives values that are not finite.
        """
        check_is_fitted(self)
        return self._run(X)

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[Any]:
        """Name the features: the layer's name and a number.

        Parameters
        ----------
        input_features : array-like of str or None, default=None
            Only checked against the columns seen in `fit`.

        Returns
        -------
        names : ndarray of str objects of shape (n_features_out,)
            Such as ``"encoder.layers.1_0"``.
        """
        check_is_fitted(self)
        if input_features is not None:
            check_feature_names_in(self, input_features)
        stem = self.layer or "output"
        return np.asarray([f"{stem}_{i}" for i in range(self.n_features_out_)], dtype=object)

    def _run(self, X: Table) -> FloatArray:
        names = known_names(self.feature_names, self.preprocess)
        if names is None and hasattr(self, "feature_names_in_"):
            names = [*self.feature_names_in_]
        rows = read_rows(X, self.preprocess, names)
        if rows.shape[0] == 0:
            return np.empty((0, self.n_features_out_))
        heard: list[Any] = []
        layer = _find_layer(self.module, self.layer)

        def listen(_layer: Any, _inputs: Any, output: Any) -> None:
            heard.append(self._pool(output))  # at once: the next layer may work in place

        def call(batch: Any) -> Any:
            heard.clear()
            self.module(batch)
            features = _only(heard, self.layer)
            if len(features) == len(batch):
                return features
            msg = (
                f"The layer {self.layer!r} gives {len(features)} rows for {len(batch)}; its first "
                "dimension must be the rows (batch_first=True for recurrent layers)."
            )
            raise InvalidInputError(msg)

        hook = layer.register_forward_hook(listen)
        try:
            answers = run_in_batches(
                self.module, rows, batch_size=self.batch_size, device=self.device, call=call
            )
        finally:
            hook.remove()
            heard.clear()
        return _check_finite(np.concatenate([answer.numpy() for answer in answers]), self.layer)

    def _pool(self, heard: Any) -> Any:
        """Make one row of features, in new memory, of each row of the batch."""
        tensor = _take(heard, self.output, self.layer)
        tensor = tensor[None] if tensor.ndim == 0 else tensor
        if tensor.ndim <= 2 or self.pooling == "flatten":
            return tensor.reshape(len(tensor), -1).clone()
        if not -tensor.ndim < self.feature_axis < tensor.ndim or self.feature_axis == 0:
            msg = (
                f"The 'feature_axis' parameter must be a dimension of the layer's output of shape "
                f"{tuple(tensor.shape)} other than the first, got {self.feature_axis}."
            )
            raise InvalidInputError(msg)
        flat = tensor.movedim(self.feature_axis, 1).flatten(2)
        return flat.mean(dim=2) if self.pooling == "mean" else flat.amax(dim=2)

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True  # whether the module takes NaN is the module's to say
        tags.target_tags.required = False
        return tags


def _find_layer(module: Any, name: Any) -> Any:
    """Give the layer of a dotted name, or say which names there are."""
    layers = dict(module.named_modules())
    if isinstance(name, str) and name in layers:
        return layers[name]
    known = [one for one in layers if one]
    near = difflib.get_close_matches(str(name), known, n=3) or known
    shown = ", ".join(map(repr, near[:8])) + (", …" if len(near) > 8 else "")
    msg = (
        f"The 'layer' parameter must name a layer of {type(module).__name__}, got {name!r}. "
        f"{'Did you mean' if near is not known else 'There are'}: {shown or 'none inside it'}."
    )
    raise InvalidInputError(msg)


def _only(heard: list[Any], layer: str) -> Any:
    """Give the one output that was heard for a batch."""
    if len(heard) == 1:
        return heard[0]
    if heard:
        msg = (
            f"The layer {layer!r} is run {len(heard)} times for a batch, so its output is not "
            "one thing. Name a layer that is run once."
        )
    else:
        msg = (
            f"The layer {layer!r} is not run when the module is asked, or only inside a fused "
            "fast path. Name a layer that is run, such as the one around it."
        )
    raise InvalidInputError(msg)


def _take(heard: Any, output: int | str | None, layer: str) -> Any:
    """Take the wanted tensor out of what a layer gave."""
    has_parts = isinstance(heard, (tuple, list)) or hasattr(heard, "keys")
    if output is not None and has_parts:
        try:
            heard = heard[output]
        except (KeyError, IndexError, TypeError) as error:
            msg = (
                f"The 'output' parameter must be {_parts(heard)} of the layer {layer!r}, got "
                f"{output!r}."
            )
            raise InvalidInputError(msg) from error
    if is_instance_of_name(heard, "torch.Tensor"):
        return heard
    msg = f"The layer {layer!r} gives a {type(heard).__name__}, not a tensor."
    if has_parts:
        msg += f" Name one part by output=, {_parts(heard)}."
    raise InvalidInputError(msg)


def _parts(heard: Any) -> str:
    if hasattr(heard, "keys"):
        return f"a key among {[*heard.keys()]}"
    return f"a position from 0 to {len(heard) - 1}"


def _check_finite(Z: FloatArray, layer: str) -> FloatArray:
    bad = ~np.isfinite(Z).all(axis=1)
    if bad.any():
        msg = (
            f"Features of the layer {layer!r} must be finite; {bad.sum()} of {len(Z)} rows are "
            f"not, the first is row {int(bad.argmax())}."
        )
        raise InvalidInputError(msg)
    return Z
