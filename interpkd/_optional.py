"""Optional libraries: imported where they are used, with the install line in the error."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from interpkd.exceptions import MissingExtraError

if TYPE_CHECKING:
    from types import ModuleType


def require(module: str, *, extra: str | None = None, purpose: str) -> ModuleType:
    """Import `module`, or say how to install it.

    Parameters
    ----------
    module : str
        Dotted name of the module, such as ``"shap"``.

    extra : str or None, default=None
        The extra of interpkd that brings it. None for a library of the core installation.

    purpose : str
        What the library is needed for, in words that finish "… is needed to".

    Returns
    -------
    module : module
        The imported module.

    Raises
    ------
    MissingExtraError
        If the library is not installed.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        library = module.partition(".")[0]
        if error.name is not None and error.name.partition(".")[0] != library:
            raise  # the library is there, one of its own needs is not: its message is better
        install = f'pip install "interpkd[{extra}]"' if extra else f"pip install {library}"
        msg = f"{library} is needed to {purpose} and is not installed. Install it with: {install}"
        raise MissingExtraError(msg, name=library) from error


def is_instance_of_name(obj: Any, *dotted_names: str) -> bool:
    """Tell whether `obj` is an instance of a class, by dotted name, importing nothing.

    Parameters
    ----------
    obj : object
        Any object.

    *dotted_names : str
        Names such as ``"xgboost.core.Booster"``; base classes count.

    Returns
    -------
    is_instance : bool
        True when a class in the method resolution order of ``type(obj)`` has one of the names.
    """
    names = {f"{kind.__module__}.{kind.__qualname__}" for kind in type(obj).__mro__}
    return not names.isdisjoint(dotted_names)
