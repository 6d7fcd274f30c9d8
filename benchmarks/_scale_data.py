"""Rows for `benchmarks.scale`: Parquet files from a seeded generator, and their teacher."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np

FILE_ROWS = 500_000
GROUP_ROWS = 250_000
TEACHER_ROWS = 200_000
VERSION = 1


def make_file(number, n_columns, n_rows):
    """Make the rows of one file: normal columns, and labels that need interactions."""
    rng = np.random.default_rng([20260101, number])
    X = rng.standard_normal((n_rows, n_columns), dtype=np.float32)
    logit = 1.5 * X[:, 0] * X[:, 1] + X[:, 2] + np.abs(X[:, 3]) * (X[:, 4] > 0.3) - X[:, 5]
    y = rng.random(n_rows) < 1 / (1 + np.exp(-logit))
    return X, y.astype(np.int8)


def names_of(n_columns):
    """Name the features."""
    return [f"x{i:02d}" for i in range(n_columns)]


def prepare(folder, n_rows, options):
    """Make the teacher and as many files as are needed, once; give the paths of the files.

    A file is kept where its fingerprint is the one that was noted when it was written, and the
    settings are the same.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    settings = {
        "version": VERSION, "columns": options.columns, "trees": options.trees,
        "depth": options.depth, "file_rows": min(FILE_ROWS, n_rows),
    }  # fmt: skip
    noted = _read(folder / "made.json")
    if noted.get("settings") != settings:
        noted = {"settings": settings, "files": {}}
        _make_teacher(folder / "teacher.ubj", options)
    teacher = load(folder / "teacher.ubj")
    paths = []
    for number in range(-(-n_rows // settings["file_rows"])):
        path = folder / f"part-{number:04d}.parquet"
        if not path.exists() or noted["files"].get(path.name) != fingerprint(path):
            _write(path, number, settings, teacher)
            noted["files"][path.name] = fingerprint(path)
            (folder / "made.json").write_text(json.dumps(noted, indent=1))
        paths.append(path)
    return paths


def load(path):
    """Read the teacher."""
    from xgboost import XGBClassifier

    teacher = XGBClassifier(n_jobs=1)
    teacher.load_model(path)
    return teacher


def fingerprint(path):
    """Give a digest of a file's size, head and foot: no reading of gigabytes."""
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(1 << 16)
        file.seek(max(size - (1 << 16), 0))
        foot = file.read()
    return hashlib.sha256(str(size).encode() + head + foot).hexdigest()


def _make_teacher(path, options):
    import pandas as pd
    from xgboost import XGBClassifier

    X, y = make_file(1_000_000, options.columns, TEACHER_ROWS)  # of a file that nobody is taught
    teacher = XGBClassifier(
        n_estimators=options.trees, max_depth=options.depth, learning_rate=0.1,
        tree_method="hist", n_jobs=options.threads, random_state=0,
    )  # fmt: skip
    teacher.fit(pd.DataFrame(X, columns=names_of(options.columns)), y)
    teacher.save_model(path)


def _write(path, number, settings, teacher):
    """Write a file: the features, the label, and the teacher's probability."""
    import pandas as pd
    import pyarrow as pa
    import pyarrow.parquet as pq

    X, y = make_file(number, settings["columns"], settings["file_rows"])
    frame = pd.DataFrame(X, columns=names_of(settings["columns"]))
    p = teacher.predict_proba(frame)[:, 1]
    table = pa.Table.from_pandas(frame.assign(y=y, p=p.astype(np.float64)), preserve_index=False)
    partly = path.with_suffix(".part")
    # normal numbers do not compress, and so cost no time here
    pq.write_table(
        table, partly, row_group_size=GROUP_ROWS, compression="none", use_dictionary=False
    )
    partly.rename(path)


def _read(path):
    return json.loads(path.read_text()) if path.exists() else {}
