"""Teachers that were trained elsewhere, read from files.

A file's ending says which library reads it. Model files of XGBoost, LightGBM and CatBoost hold
numbers, skops shows the types that it would build before it builds them, and an exported PyTorch
program holds operators. A pickle holds code that runs when it is read: none is, unless its user
says that it may be trusted.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import hashlib
import pickle
from pathlib import Path
from typing import TYPE_CHECKING, Any

from interpkd._optional import require
from interpkd.exceptions import InvalidInputError, NotATeacherError
from interpkd.teachers._as_teacher import as_teacher
from interpkd.teachers._torch import TorchTeacher

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import ArrayLike

PICKLES = (".pkl", ".pickle", ".joblib")
PARTS_OF_A_NETWORK = (".pt", ".pth", ".ckpt", ".safetensors")


def load_teacher(
    path: str | Path,
    *,
    classes: ArrayLike | None = None,
    from_logits: bool = False,
    trusted: Sequence[str] = (),
    trust_pickle: bool = False,
    device: str | None = None,
) -> Any:
    """Read a trained model from a file and freeze it as a teacher.

    Parameters
    ----------
    path : str or Path
        The file; its ending chooses the reader:

        - ``.json``, ``.ubj``: XGBoost (``save_model``);
        - ``.txt``: LightGBM (``save_model``);
        - ``.cbm``: CatBoost (``save_model``);
        - ``.skops``: a scikit-learn model (``skops.io.dump``);
        - ``.pt2``: a PyTorch program (``torch.export.save``) on numbers in the table's order,
          exported in eval mode, as its mode cannot be changed afterwards;
        - ``.pkl``, ``.pickle``, ``.joblib``: only with `trust_pickle`.

    classes : array-like of shape (n_classes,) or None, default=None
        The classes of the probability columns. Files of boosters and networks know none: without
        `classes` a booster's are 0, 1, …, and a network is a regression teacher.

    from_logits : bool, default=False
        For a network whose outputs are scores before the softmax.

    trusted : sequence of str, default=()
        For ``.skops``: dotted names of types that may be built besides those skops trusts itself.

    trust_pickle : bool, default=False
        Whether to read a pickle, which can run any code: only for files from people you trust.

    device : str or None, default=None
        Where a network runs; None for where it was exported.

    Returns
    -------
    teacher : FrozenClassifier, FrozenRegressor or TorchTeacher
        The teacher; its `source_file_` holds "name" and "sha256" of the file.

    Raises
    ------
    InvalidInputError
        If the file does not exist, cannot be read, or its ending is not known.

    NotATeacherError
        If the file may not be read without more trust, or holds no model.

    MissingExtraError
        If the library that reads it is not installed.

    See Also
    --------
    interpkd.as_teacher : The same for a model in memory.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from sklearn.datasets import load_breast_cancer
    >>> from xgboost import XGBClassifier
    >>> from interpkd.teachers import load_teacher
    >>> X, y = load_breast_cancer(return_X_y=True, as_frame=True)
    >>> model = XGBClassifier(n_estimators=5).fit(X, y)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     model.save_model(Path(folder) / "model.ubj")
    ...     teacher = load_teacher(Path(folder) / "model.ubj", classes=["bad", "good"])
    >>> print(teacher.predict(X.iloc[:2]))
    ['bad' 'bad']
    """
    path = Path(path)
    if not path.is_file():
        msg = f"The teacher's file {str(path)!r} does not exist or is no file."
        raise InvalidInputError(msg)
    ending = path.suffix.lower()
    _refuse(path, ending, trust_pickle=trust_pickle)
    if from_logits and ending != ".pt2":
        msg = f"from_logits=True is for networks (.pt2); {path.name} is another kind of file."
        raise InvalidInputError(msg)
    before = _file_hash(path)
    if ending == ".pt2":
        module = _read(_torch_program, path)
        teacher = TorchTeacher(module, classes=classes, from_logits=from_logits, device=device)
    elif ending == ".skops":
        teacher = as_teacher(_skops_model(path, trusted), classes=classes)
    else:
        teacher = as_teacher(_read(READERS[ending], path), classes=classes)
    if _file_hash(path) != before:
        msg = f"{path.name} changed while it was read. Read it again when nobody writes it."
        raise InvalidInputError(msg)
    # what an audit report states of where the teacher came from
    teacher.source_file_ = {"name": path.name, "sha256": before}
    return teacher


def _file_hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _refuse(path: Path, ending: str, *, trust_pickle: bool) -> None:
    """Raise for endings that are not read, with what to do instead."""
    if ending in PICKLES and not trust_pickle:
        msg = (
            f"{path.name} is a pickle, which can run any code when it is read. Save the model in "
            "its library's own format or with skops. If you trust the file's source as you trust "
            "a program, say so: trust_pickle=True, --trust-pickle on the command line."
        )
        raise NotATeacherError(msg)
    if ending in PARTS_OF_A_NETWORK:
        msg = (
            f"{path.name} holds a network's weights or a pickle of it, not a network that can be "
            "asked. Export it: torch.export.save(torch.export.export(module, (example,)), "
            "'model.pt2'); a module in memory becomes a teacher by TorchTeacher."
        )
        raise NotATeacherError(msg)
    if ending not in (*READERS, ".skops", ".pt2"):
        known = ", ".join(sorted((*READERS, ".skops", ".pt2")))
        msg = (
            f"The ending {ending!r} of {path.name} is not one of a model's file that can be read: "
            f"{known}."
        )
        raise NotATeacherError(msg)


def _read(reader: Callable[[Path], Any], path: Path) -> Any:
    """Read a file; whatever a library finds wrong with it is said in one sentence."""
    try:
        return reader(path)
    except (ImportError, MemoryError):
        raise
    except Exception as error:
        first = (str(error).strip() or type(error).__name__).splitlines()[0]
        msg = (
            f"{path.name} cannot be read as {DESCRIPTIONS[path.suffix.lower()]}: {first}. Check "
            "that the file is whole, and that its ending fits."
        )
        raise InvalidInputError(msg) from error


def _xgboost_booster(path: Path) -> Any:
    xgboost = require("xgboost", extra="xgboost-cpu", purpose="read an XGBoost model")
    booster = xgboost.Booster()
    booster.load_model(path)
    return booster


def _lightgbm_booster(path: Path) -> Any:
    lightgbm = require("lightgbm", extra="lightgbm", purpose="read a LightGBM model")
    text = path.read_text(encoding="utf-8")
    if not text.startswith("tree"):  # LightGBM would end the process on some broken files
        msg = "a LightGBM model begins with the line 'tree'"
        raise ValueError(msg)
    return lightgbm.Booster(model_str=text)


def _catboost_model(path: Path) -> Any:
    catboost = require("catboost", purpose="read a CatBoost model")
    model = catboost.CatBoostClassifier()
    model.load_model(str(path))
    if len(model.classes_):
        return model
    model = catboost.CatBoostRegressor()  # either class reads either kind of file
    model.load_model(str(path))
    return model


def _skops_model(path: Path, trusted: Sequence[str]) -> Any:
    """Build the model of a skops file when every type in it is trusted."""
    io = require("skops.io", extra="skops", purpose="read a skops file")
    unknown = _read(lambda file: io.get_untrusted_types(file=file), path)
    refused = sorted(set(unknown) - set(trusted))
    if refused:
        msg = (
            f"{path.name} would build types that skops does not trust by itself: "
            f"{', '.join(refused)}. If you know them, name them: trusted=[...], --trust NAME on "
            "the command line."
        )
        raise NotATeacherError(msg)
    return _read(lambda file: io.load(file, trusted=list(unknown)), path)


def _torch_program(path: Path) -> Any:
    torch = require("torch", extra="torch", purpose="read an exported PyTorch program")
    return torch.export.load(path).module()


def _pickle(path: Path) -> Any:
    if path.suffix.lower() == ".joblib":
        return require("joblib", purpose="read a joblib file").load(path)
    with path.open("rb") as file:
        return pickle.load(file)  # noqa: S301  (only after `trust_pickle`)


READERS: dict[str, Callable[[Path], Any]] = {
    ".json": _xgboost_booster,
    ".ubj": _xgboost_booster,
    ".txt": _lightgbm_booster,
    ".cbm": _catboost_model,
    **dict.fromkeys(PICKLES, _pickle),
}

DESCRIPTIONS = {
    ".json": "an XGBoost model",
    ".ubj": "an XGBoost model",
    ".txt": "a LightGBM model",
    ".cbm": "a CatBoost model",
    ".skops": "a skops file",
    ".pt2": "an exported PyTorch program",
    **dict.fromkeys(PICKLES, "a pickle"),
}
