"""Running a torch module over many rows, and leaving it as it was.

Prediction needs the module in eval mode, without gradients, on a device, and in batches that fit
into its memory. All of that is borrowed: training flags, gradient mode and device are given back,
after an error too.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import copy
import threading
from contextlib import contextmanager
from itertools import chain
from numbers import Integral
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from scipy import sparse

from interpkd._asking import select_columns, trained_names
from interpkd._optional import is_instance_of_name, require
from interpkd._tables import is_frame, read_frame
from interpkd._validation import num_samples
from interpkd.exceptions import InvalidInputError, NotATeacherError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from interpkd._typing import Table

MODULE = "torch.nn.modules.module.Module"
OUT_OF_MEMORY = ("out of memory", "can't allocate memory", "not enough memory")

_BORROWED = threading.RLock()
"""A module in eval mode, or on another device, is so for every thread: one borrows at a time."""


class SharesModule:
    """What holds a module and hands the same one to its clones and deep copies.

    `clone` and `copy.deepcopy` would copy the weights, for every fold of a search. What they give
    here is another object of the same parameters, which may be set without touching the first.
    """

    def __sklearn_clone__(self) -> Self:
        return type(self)(**self.get_params(deep=False))  # type: ignore[attr-defined]

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return copy.copy(self)


def check_module(module: Any, batch_size: Any, preprocess: Any) -> None:
    """Check the parameters that everything around a module shares.

    Parameters
    ----------
    module : object
        What should be a `torch.nn.Module`.

    batch_size : object
        What should be a positive integer.

    preprocess : object
        What should be None, a fitted transformer or a function.

    Raises
    ------
    NotATeacherError
        If `module` is no module, or a class.

    InvalidInputError
        If another parameter breaks its rule.
    """
    if isinstance(module, type) or not is_instance_of_name(module, MODULE):
        what = f"the class {module.__name__}" if isinstance(module, type) else f"{module!r:.80}"
        msg = f"The 'module' parameter must be a torch.nn.Module instance, got {what}."
        raise NotATeacherError(msg)
    is_integer = isinstance(batch_size, Integral) and not isinstance(batch_size, bool)
    if not is_integer or batch_size < 1:
        msg = f"The 'batch_size' parameter must be an integer of at least 1, got {batch_size!r}."
        raise InvalidInputError(msg)
    if not (preprocess is None or hasattr(preprocess, "transform") or callable(preprocess)):
        msg = (
            "The 'preprocess' parameter must be None, a fitted transformer or a function from the "
            f"table to an array or tensor, got {preprocess!r:.80}."
        )
        raise InvalidInputError(msg)


def known_names(feature_names: Sequence[str] | None, preprocess: Any) -> list[str] | None:
    """Give the names of the columns that a module was trained on, if anything knows them.

    Parameters
    ----------
    feature_names : sequence of str or None
        What the user says.

    preprocess : transformer, callable or None
        A transformer remembers the columns it was fitted to.

    Returns
    -------
    names : list of str or None
        In the module's order.
    """
    if feature_names is not None:
        return [str(name) for name in feature_names]
    return None if preprocess is None else trained_names(preprocess)


def read_rows(X: Table, preprocess: Any, names: list[str] | None) -> Any:
    """Give rows as something to cut batches from.

    Parameters
    ----------
    X : array-like, tensor or data frame of shape (n_samples, ...)
        The rows as the user gave them.

    preprocess : transformer, callable or None
        Called once, with all rows; None when the rows are numbers already.

    names : list of str or None
        The columns of a data frame to take, in order.

    Returns
    -------
    rows : torch.Tensor, ndarray of numbers or sparse matrix, of shape (n_samples, ...)
        Without `preprocess` an ndarray or a sparse matrix is of floats.

    Raises
    ------
    InvalidInputError
        If there is text where numbers are needed, or another number of rows than before.
    """
    n_rows = num_samples(X)
    if names is not None and is_frame(X):
        X = select_columns(X, names)
    if preprocess is None:
        rows = _numbers(X) if is_frame(X) else X
    else:
        rows = preprocess.transform(X) if hasattr(preprocess, "transform") else preprocess(X)
    if not (sparse.issparse(rows) or is_instance_of_name(rows, "torch.Tensor")):
        rows = _as_numbers(np.asarray(rows))
    if preprocess is None and not str(rows.dtype).startswith(("float", "torch.")):
        rows = rows.astype(np.float64)
    if len(rows.shape) == 0 or rows.shape[0] != n_rows:
        msg = (
            f"The 'preprocess' parameter must give one row per row of the table, {n_rows}; it "
            f"gives shape {tuple(rows.shape)}."
        )
        raise InvalidInputError(msg)
    return rows.tocsr() if sparse.issparse(rows) else rows


def run_in_batches(
    module: Any,
    rows: Any,
    *,
    batch_size: int,
    device: Any,
    call: Callable[[Any], Any],
) -> list[Any]:
    """Run a module over all rows, in smaller batches where its memory is short.

    Parameters
    ----------
    module : torch.nn.Module
        The module; training flags and device are given back.

    rows : tensor, ndarray or sparse matrix of shape (n_samples, ...)
        The rows; floats are cast to the module's dtype.

    batch_size : int
        Rows at a time; halved, for the rest of this call, whenever memory does not suffice.

    device : str, torch.device or None
        Where to run; None for where the module's parameters are.

    call : callable
        From a batch to its answer, a tensor of as many rows.

    Returns
    -------
    answers : list of torch.Tensor
        float64 on the CPU, one per batch.

    Raises
    ------
    RuntimeError
        What the module raises, with a note on the rows; also when one row needs too much memory.
    """
    answers, start, size = [], 0, batch_size
    with _borrowed(module, device) as (place, dtype):
        while start < rows.shape[0]:
            part = rows[start : start + size]
            answer = _try_batch(call, part, place, dtype, start)
            if answer is None:
                size = -(-part.shape[0] // 2)
                _free_memory(place)
                continue
            answers.append(answer)
            start += size
    return answers


def _try_batch(call: Callable[[Any], Any], part: Any, place: Any, dtype: Any, start: int) -> Any:
    """Give the answer for a batch, None where memory was too short and the batch can be cut."""
    import torch

    try:
        return call(_tensor(part, place, dtype)).detach().cpu().to(torch.float64)
    except Exception as error:
        if _is_out_of_memory(error) and part.shape[0] > 1:
            return None
        last = start + part.shape[0] - 1
        where = f"the row {start}" if last == start else f"the rows {start} to {last}"
        error.add_note(
            f"This happened when the module was asked about {where}, as a batch of shape "
            f"{tuple(part.shape)} on {place}."
        )
        raise


def _free_memory(place: Any) -> None:
    """Give back what torch keeps of the batch that did not fit."""
    import torch

    if place.type == "cuda":
        torch.cuda.empty_cache()


def _is_out_of_memory(error: Exception) -> bool:
    """Tell CUDA's, Metal's and the CPU's words for the same trouble."""
    if is_instance_of_name(error, "torch.OutOfMemoryError"):
        return True
    text = str(error).lower()
    return isinstance(error, (RuntimeError, MemoryError)) and any(
        one in text for one in OUT_OF_MEMORY
    )


@contextmanager
def _borrowed(module: Any, device: Any) -> Iterator[tuple[Any, Any]]:
    """Put a module into eval mode on a device, without gradients; give it back as it was."""
    torch = require("torch", extra="torch", purpose="ask a torch module")
    with _BORROWED, torch.no_grad():
        tensors = [*chain(module.parameters(), module.buffers())]
        home = {tensor.device for tensor in tensors}
        place = _place(torch, device, tensors)
        move = device is not None and bool(home) and home != {place}
        if move and len(home) > 1:
            msg = (
                "The 'device' parameter must be None for a module whose parameters are on several "
                f"devices ({', '.join(sorted(map(str, home)))}), got {device!r}."
            )
            raise InvalidInputError(msg)
        flags = [(part, part.training) for part in module.modules()]
        try:
            _to_eval(module, flags)
            if move:
                module.to(place)
            floats = (tensor.dtype for tensor in tensors if tensor.is_floating_point())
            yield place, next(floats, torch.float32)
        finally:
            if move:
                module.to(home.pop())
            _restore(flags)


def _to_eval(module: Any, flags: list[tuple[Any, bool]]) -> None:
    if not any(was for _, was in flags):
        return
    try:
        module.eval()
    except NotImplementedError:
        # an exported program: its mode was settled at export, and it says so in this way
        return


def _restore(flags: list[tuple[Any, bool]]) -> None:
    """Give every submodule its training flag, by its own `train` where it has one to say."""
    for part, was in flags:
        if part.training != was:
            part.train(was)  # a layer may do more here than set its flag; parents come first
    for part, was in flags:
        part.training = was


def _place(torch: Any, device: Any, tensors: list[Any]) -> Any:
    """Give the device to run on, checked."""
    if device is None:
        return tensors[0].device if tensors else torch.device("cpu")
    try:
        place = torch.device(device)
    except (RuntimeError, TypeError) as error:
        msg = (
            "The 'device' parameter must be None or a torch device such as 'cpu' or 'cuda', got "
            f"{device!r}."
        )
        raise InvalidInputError(msg) from error
    if place.type != "cuda":
        return place
    if not torch.cuda.is_available():
        msg = (
            f"device={device!r} needs CUDA, and torch {torch.__version__} sees none here. Leave "
            "device=None to run where the module is."
        )
        raise InvalidInputError(msg)
    return torch.device("cuda", torch.cuda.current_device()) if place.index is None else place


def _tensor(part: Any, place: Any, dtype: Any) -> Any:
    """Give a batch as a tensor on a device; floats in the module's dtype, integers as they are."""
    import torch

    if sparse.issparse(part):
        part = part.toarray()
    if not isinstance(part, torch.Tensor):
        part = torch.as_tensor(np.array(part))  # a copy: torch wants writable, plain strides
    return part.to(place, dtype) if part.is_floating_point() else part.to(place)


def _numbers(X: Table) -> Any:
    """Read a data frame of numbers only."""
    raw = read_frame(X)
    text = next((column.name for column in raw if column.kind == "category"), None)
    if text is not None:
        msg = (
            f"Column {text!r} holds text or categories, and a torch module takes numbers. Pass "
            "preprocess=, a fitted transformer or a function from the table to an array."
        )
        raise InvalidInputError(msg)
    return np.column_stack([column.values for column in raw])


def _as_numbers(rows: Any) -> Any:
    """Let numbers pass; read objects as floats."""
    if rows.dtype.kind in "biuf":
        return rows
    try:
        return rows.astype(np.float64)
    except (TypeError, ValueError) as error:
        msg = (
            f"A torch module takes numbers, and the rows hold {rows.dtype} that cannot be read as "
            f"floats ({error}). Pass preprocess=, a function from the table to an array."
        )
        raise InvalidInputError(msg) from error
