"""A content as a file that is there whole or not at all."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import os
import secrets
from pathlib import Path

from interpkd.exceptions import InvalidInputError


def write_atomically(path: str | os.PathLike[str], content: str | bytes) -> Path:
    """Write a file so that it is there whole or not at all.

    Parameters
    ----------
    path : path-like
        Where to; a file that is there is replaced in one step.

    content : str or bytes
        The whole content; a text is written in UTF-8.

    Returns
    -------
    path : Path
        The file.

    Raises
    ------
    InvalidInputError
        If the folder does not exist.
    """
    target = Path(path)
    if not target.parent.is_dir():
        msg = f"The folder {str(target.parent)!r} does not exist. Create it first."
        raise InvalidInputError(msg)
    # half of a surrogate pair is no text; JSON and people can read its escape
    raw = content.encode("utf-8", "backslashreplace") if isinstance(content, str) else content
    # in the same folder: a rename is one step only within a file system
    draft = target.with_name(f".{target.name[:100]}.{secrets.token_hex(4)}.part")
    try:
        with draft.open("xb") as file:
            file.write(raw)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(target)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    return target
