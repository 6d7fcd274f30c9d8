"""OpenML without a network: its answers, given to scikit-learn in place of the real ones."""

import gzip
import hashlib
import io
import json
from importlib import resources
from urllib.error import URLError
from urllib.parse import urlparse

import numpy as np
import pandas as pd
import pytest


class Answer(io.BytesIO):
    """An answer over HTTP, as far as scikit-learn looks at it."""

    def info(self):
        return {}


class FakeOpenML:
    """Answers requests by their path; without answers there is no network."""

    def __init__(self):
        self.answers = {}
        self.n_requests = 0

    def __call__(self, request, *_, **__):
        self.n_requests += 1
        path = urlparse(request.full_url).path
        if path not in self.answers:
            reason = "[Errno -3] Temporary failure in name resolution"
            raise URLError(reason)
        return Answer(self.answers[path])

    def go_offline(self):
        self.answers.clear()

    def serve_recorded(self, data_id):
        """Serve what scikit-learn recorded for its own tests: the real entry, with few rows."""
        folder = resources.files("sklearn.datasets.tests.data.openml") / f"id_{data_id}"
        read = {
            key: gzip.decompress((folder / f"api-v1-{key}-{data_id}.json.gz").read_bytes())
            for key in ("jd", "jdf", "jdq")
        }
        file_id = json.loads(read["jd"])["data_set_description"]["file_id"]
        content = gzip.decompress((folder / f"data-v1-dl-{file_id}.arff.gz").read_bytes())
        self._answer(read["jd"], read["jdf"], read["jdq"], content)

    def serve(self, table, *, seed=0, **changes):
        """Serve made-up rows under the identity of a table, or with some facts changed."""
        frame = made_up_rows(table, seed)
        content = to_arff(table.name, frame)
        facts = {
            "id": str(table.data_id),
            "name": table.name,
            "version": str(table.version or 1),
            "description": "Made-up rows.",
            "format": "ARFF",
            "licence": "Public",
            "url": f"https://www.openml.org/data/v1/download/{table.data_id}/rows.arff",
            "file_id": str(table.data_id),
            "status": "active",
            "md5_checksum": hashlib.md5(content, usedforsecurity=False).hexdigest(),
        }
        columns = [
            {
                "name": name,
                "data_type": "numeric" if values.dtype == float else "nominal",
                "nominal_value": [] if values.dtype == float else sorted(values.unique()),
                "is_target": str(name == table.target).lower(),
                "is_ignore": "false",
                "is_row_identifier": "false",
                "number_of_missing_values": "0",
            }
            for name, values in frame.items()
        ]
        n_rows = [{"name": "NumberOfInstances", "value": str(len(frame))}]
        self._answer(
            json.dumps({"data_set_description": facts | changes}).encode(),
            json.dumps({"data_features": {"feature": columns}}).encode(),
            json.dumps({"data_qualities": {"quality": n_rows}}).encode(),
            content,
        )
        return hashlib.sha256(content).hexdigest()

    def _answer(self, description, features, qualities, content):
        facts = json.loads(description)["data_set_description"]
        asked = "/api/v1/json/data"
        self.answers = {
            f"{asked}/{facts['id']}": description,
            f"{asked}/features/{facts['id']}": features,
            f"{asked}/qualities/{facts['id']}": qualities,
            urlparse(facts["url"]).path: content,
            f"/data/v1/download/{facts['file_id']}": content,  # scikit-learn 1.6 asks for this
        }


def made_up_rows(table, seed):
    """Draw six rows: numbers, the first column as text, and a target of the right kind."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(rng.integers(1, 9, size=(6, len(table.columns))).astype(float))
    frame.columns = list(table.names_there)
    frame[frame.columns[-1]] += 0.5
    frame[frame.columns[0]] = np.array(["left", "right"] * 3, dtype=object)
    labels = sorted(table.classes)
    frame[table.target] = np.array(labels * 3, dtype=object) if labels else rng.random(6)
    return frame


def to_arff(name, frame):
    """Write a table as OpenML serves it."""
    lines = [f"@relation {name}"]
    for column, values in frame.items():
        kind = "numeric" if values.dtype == float else "{" + ",".join(sorted(set(values))) + "}"
        lines.append(f"@attribute '{column}' {kind}")
    rows = frame.to_csv(index=False, header=False)
    return "\n".join([*lines, "@data", rows]).encode()


@pytest.fixture
def openml(monkeypatch):
    """Put a fake in the place of the network; nothing in a test reaches the real one."""
    fake = FakeOpenML()
    monkeypatch.setattr("sklearn.datasets._openml.urlopen", fake)
    monkeypatch.setattr("sklearn.datasets._openml.time.sleep", lambda _: None)  # before a retry
    return fake
