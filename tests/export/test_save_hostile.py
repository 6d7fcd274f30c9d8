"""Files that are damaged or meant to do harm: one kind of error, little memory, nothing run."""

import copy
import hashlib
import importlib
import io
import json
import pickle
import random
import stat
import struct
import tracemalloc
import zipfile
from functools import cache

import numpy as np
import pytest

from interpkd import DistilledLogisticRegression
from interpkd.exceptions import DamagedFileError, InvalidInputError
from interpkd.export import load
from interpkd.export._file_members import (
    LONG_AGO,
    MAX_MEMORY,
    MAX_OBJECTS,
    objects_of,
    read_array,
    read_members,
    write_array,
    write_json,
    write_members,
)
from interpkd.export._load import read_student
from interpkd.export._save import student_bytes

KINDS = ["bare tree, infinite thresholds", "bare tree, three classes", "bare tree, regression"]
KINDS += ["complete, logistic", "complete, linear", "complete, three classes"]
KINDS += ["tree, binary", "scorecard, binary", "svm, multiclass"]
"""The last take longer: their tables have categories."""


@pytest.fixture(scope="module")
def file_of(student_of):
    """A function from a kind of student to its file, and rows."""

    @cache
    def make(name):
        student, rows = student_of(name)
        return student_bytes(student), rows.iloc[:20] if hasattr(rows, "iloc") else rows[:20]

    return make


def parts(data):
    """Give manifest, document and arrays of a file."""
    members = read_members(data)
    arrays = {
        name: read_array(content, name) for name, content in members.items() if name[0] == "a"
    }
    return json.loads(members["manifest.json"]), json.loads(members["student.json"]), arrays


def put_together(manifest, document, arrays, *, raw=None):
    """Make a file whose hashes are right, whatever it holds; `raw` replaces members by bytes."""
    members = {"student.json": _json(document)}
    members |= {name: write_array(array) for name, array in arrays.items()}
    members |= raw or {}
    manifest = {
        **manifest,
        "members": {
            name: {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
            for name, content in members.items()
            if name != "manifest.json"
        },
    }
    return write_members({"manifest.json": _json(manifest), **members})


def _json(value):
    return write_json(value) if _is_finite(value) else json.dumps(value, indent=2).encode() + b"\n"


def _is_finite(value):
    if isinstance(value, (dict, list)):
        return all(map(_is_finite, value.values() if isinstance(value, dict) else value))
    return not isinstance(value, float) or np.isfinite(value)


def refused(data, match):
    with pytest.raises(DamagedFileError, match=match):
        read_student(data)


# files as bytes


def test_a_thousand_damaged_files(file_of):
    """Random damage to bytes, and to values below right hashes: an error, or a student."""
    draw = random.Random(0)  # noqa: S311
    n_loaded = n_deep = n_other = 0
    for turn in range(1000):
        data, rows = file_of(KINDS[turn % 9 if turn % 4 else turn % 5])
        damaged = damage_values(data, draw) if turn % 2 == 0 else damage_bytes(data, draw)
        try:
            student = read_student(damaged)
        except InvalidInputError as error:
            n_deep += "no saved student" not in str(error) or "built" in str(error)
            continue
        n_loaded += 1
        try:
            student.predict(rows)
        except (ValueError, UserWarning):  # such as a column of another name, or a missing value
            n_other += 1
    assert n_loaded > 20, "some damage is to what nobody looks at, such as a date"
    assert n_other < n_loaded / 2
    assert n_deep > 100, "most damage of values is found by what reads them"


def damage_bytes(data, draw):
    """Flip, cut, insert or move bytes."""
    data, at = bytearray(data), draw.randrange(len(data))
    for _ in range(draw.choice([1, 1, 1, 5, 40])):
        kind = draw.randrange(4)
        at = draw.randrange(len(data)) if draw.random() < 0.5 else at
        if kind == 0:
            data[at % len(data)] ^= 1 << draw.randrange(8)
        elif kind == 1:
            del data[at : at + draw.choice([1, 2, 30, len(data)])]
        elif kind == 2:
            data[at:at] = draw.randbytes(draw.choice([1, 4, 100]))
        else:
            data[at : at + 4] = draw.choice([b"\xff\xff\xff\xff", b"\0\0\0\0", b"PK\1\2"])
        if not data:
            break
    return bytes(data)


STRANGE = [None, True, -1, 0, 1, 2**31, 2**53, -(2**70), 0.5, 1e308, -1e-320, float("nan")]
STRANGE += [float("inf"), "", "inf", "-inf", "\ud800", "x" * 300, "0", [], [[]], {}, {"array": "a"}]
STRANGE += [{"mapping": {}}, {"pairs": [[[], 1]]}, {"splitter": ["KFold", {"mapping": {}}]}]
STRANGE += [{"splitter": ["os.system", None]}, {"number": "nan"}, {"objects": [None]}]
STRANGE += [{"random_state": {"mapping": {}}}, {"tuple": [1]}, [1] * 20]


def damage_values(data, draw):
    """Change, drop, double or swap values of the JSON or of arrays, and make the hashes right."""
    manifest, document, arrays = parts(data)
    for _ in range(draw.choice([1, 1, 2, 4])):
        kind = draw.random()
        if kind < 0.15 and any(len(one) for one in arrays.values()):
            name = draw.choice([name for name, one in sorted(arrays.items()) if len(one)])
            arrays[name] = damage_array(arrays[name], draw)
            continue
        damage_json(draw.choice([manifest, document, document]), draw)
    return put_together(manifest, document, arrays)


def damage_json(root, draw):
    places = [*_places(root)]
    inside, key = draw.choice(places)
    kind = draw.randrange(5)
    if kind == 0:
        inside[key] = draw.choice(STRANGE)
    elif kind == 1:
        del inside[key]
    elif kind == 2 and isinstance(inside, list):
        inside.insert(key, inside[key])
    elif kind == 3:
        other, place = draw.choice(places)
        inside[key] = copy.deepcopy(other[place])
    elif isinstance(inside[key], (int, float)):
        inside[key] = draw.choice([inside[key] + 1, -inside[key], inside[key] * 1e300])
    else:
        inside[key] = draw.choice([[inside[key]], str(inside[key]), 7])


def _places(value):
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    for key, one in [*inner]:
        yield value, key
        if isinstance(one, (dict, list)):
            yield from _places(one)


def damage_array(array, draw):
    flat = array.copy().ravel()
    strange = [np.nan, np.inf, -1, 2**62] if array.dtype.kind == "f" else [0, 1]
    with np.errstate(all="ignore"):
        flat[draw.randrange(len(flat))] = draw.choice(strange)
    return draw.choice([flat, array[:-1], array[None], array.astype("U"), array[:0]])


# the zip


def test_a_file_cut_anywhere_is_refused(file_of):
    data, _ = file_of("tree, regression")
    for length in (0, 1, 21, 22, len(data) // 2, len(data) - 1):
        refused(data[:length], "does not end as a zip does")
    refused(data + b"\0", "does not end as a zip does")
    refused(b"PK\5\6" + b"\0" * 18, "lists 0 members")


@pytest.mark.parametrize(
    "name", ["../evil", "/etc/passwd", "arrays/../../x.npy", "arrays\\x.npy", "a\0.npy", "x.py"]
)
def test_no_member_but_those_of_a_student(file_of, name):
    members = read_members(file_of("tree, regression")[0])
    refused(zip_of({**members, name: b""}), "it has a member|cannot be read")


def zip_of(members, **info):
    """Make a zip with the headers that are given."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            one = zipfile.ZipInfo("x" * len(name), LONG_AGO)
            one.filename = name
            for key, value in info.items():
                setattr(one, key, value)
            archive.writestr(one, content)
    return buffer.getvalue()


def test_links_folders_and_doubles_are_refused(file_of):
    members = read_members(file_of("tree, regression")[0])
    refused(zip_of(members, external_attr=(stat.S_IFLNK | 0o777) << 16), "link or a folder")
    refused(zip_of(members, compress_type=zipfile.ZIP_BZIP2), "packed in an unusual way")
    data = bytearray(zip_of(members))
    data[data.rindex(b"PK\1\2") + 8] |= 1
    refused(bytes(data), "encrypted")
    buffer = io.BytesIO(zip_of(members))
    with zipfile.ZipFile(buffer, "a") as archive, pytest.warns(UserWarning, match="Duplicate name"):
        archive.writestr("student.json", b"{}")
    refused(buffer.getvalue(), "'student.json' is there twice")


def test_members_are_those_of_the_manifest(file_of):
    data, _ = file_of("tree, regression")
    members = read_members(data)
    less = {name: one for name, one in members.items() if "impurity" not in name}
    refused(write_members(less), "its manifest lists others")
    refused(write_members({**members, "arrays/more.npy": b""}), "its manifest lists others")
    refused(write_members({**members, "student.json": b"{}"}), "its hash or size differs")
    less = {name: one for name, one in members.items() if name != "manifest.json"}
    refused(write_members(less), "it has no manifest")
    manifest, document, arrays = parts(data)
    refused(
        put_together(manifest, document, {**arrays, "arrays/more.npy": np.ones(3)}),
        "nothing in it asks for",
    )


def test_bombs_are_not_unpacked(file_of):
    members = read_members(file_of("tree, regression")[0])
    bomb = write_members({**members, "arrays/bomb.npy": b"\0" * 2**25})
    lie = bytearray(write_members({**members, "arrays/bomb.npy": b"\0" * 2**24}))
    at = lie.rindex(b"PK\1\2")
    lie[at + 24 : at + 28] = struct.pack("<I", 10)  # says that it unpacks to ten bytes
    many = zip_of({f"arrays/a_{'b' * (k % 40)}-{k}.npy": b"" for k in range(500)})
    endless = bytearray(many)
    endless[-12:-10] = endless[-14:-12] = b"\1\0"  # says that it lists a single member
    endless[-14 + 0 : -14 + 2] = b"\1\0"
    for data, match in [
        (bomb, "unpacks to"),
        (bytes(lie), "cannot be read|not of the size"),
        (many, "lists 500 members"),
        (bytes(endless), "lists 1 members in"),
    ]:
        tracemalloc.start()
        refused(data, match)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 2**21 + len(data), match


# JSON


@pytest.mark.parametrize(
    ("content", "match"),
    [
        (b"[" * 20_000, "is not JSON"),
        (b'{"a": ' * 5_000, "is not JSON"),
        (b'{"a": NaN}', "NaN is no number"),
        (b"\xff\xfe{\0}\0", "is not JSON"),
        ('{"a": "ä"}'.encode("latin-1"), "is not JSON"),
        (b"\xef\xbb\xbf{}", "is not JSON"),
        (b"[]\n", "is not one object"),
        (b'{\n  "a": 1,\n  "a": 2\n}\n', "not as save writes it"),
        (b'{\n  "a": 1e999\n}\n', "not as save writes it"),
        (b'{"a": ' + b"9" * 5000 + b"}", "is not JSON"),
        (b"{}", "not as save writes it"),
        (b"{}\n", "its format is 'None'|'schema'"),
    ],
    ids=range(12),
)
@pytest.mark.parametrize("name", ["manifest.json", "student.json"])
def test_json_is_plain_and_canonical(file_of, name, content, match):
    manifest, document, arrays = parts(file_of("tree, regression")[0])
    refused(put_together(manifest, document, arrays, raw={name: content}), match)


@pytest.mark.parametrize("text", ["[],", '{"":0},', "[0],", '"ab",', "1e5,", '"é":', "[[[0]]],"])
def test_objects_are_bounded_before_they_are_made(text):
    if text.endswith(":"):  # as many keys as there is room for
        content = "{" + ",".join(f'"{k:x}":0' for k in range(3000)) + "}"
    else:
        content = "[" + text * 3000 + "0]"
    content = content.encode()
    json.loads("0")
    decoded = content.decode()
    tracemalloc.start()
    value = json.loads(decoded)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert value
    assert peak + 2 * len(content) <= objects_of(content) + 10_000


def test_loading_takes_no_more_memory_than_stated(file_of, monkeypatch):
    """With all limits a sixteenth of what they are, so that it is quick."""
    manifest, document, arrays = parts(file_of("complete, logistic")[0])
    columns, terms = document["columns"][0], document["terms"][0]
    part = MAX_OBJECTS // 16
    monkeypatch.setattr("interpkd.export._load.MAX_OBJECTS", part)
    n = part * 94 // 100 // objects_of(write_json([columns, terms]).replace(b"\n", b"\n  "))
    many = {
        **document,
        "columns": [{**columns, "name": f"x{i}"} for i in range(n)],
        "terms": [{**terms, "column": f"x{i}"} for i in range(n)],
    }
    scales = {**arrays, "arrays/feature_scales_.npy": np.ones(n)}
    whole = put_together(manifest, many, scales)
    nonsense = put_together(manifest, {**document, "nodes": [[0]] * (part // 230)}, arrays)
    too_many = put_together(manifest, {**document, "nodes": [[0]] * (part // 100)}, arrays)
    for data, match in [(whole, None), (nonsense, None), (too_many, "bytes of memory")]:
        tracemalloc.start()
        if match is None:
            assert read_student(data).n_features_in_ in (n, 3)
        else:
            refused(data, match)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < MAX_MEMORY // 16


# arrays


def test_arrays_are_measured_before_they_are_made(file_of):
    manifest, document, arrays = parts(file_of("tree, regression")[0])
    name = "arrays/impurity.npy"
    right = write_array(arrays[name])
    n = len(arrays[name])
    shape = f"({n},)".encode()
    for wrong, match in [
        (
            right.replace(shape, b"(999999999, 1000,)"[: len(shape)].ljust(len(shape))),
            "is no|shape",
        ),
        (resized(right, b"(999999999, 999999999)"), "says it is of shape"),
        (resized(right, b"(-1,)"), "is no array"),
        (resized(right, b"(True,)"), "is no array"),
        (right.replace(b"<f8", b"|O "), "is no array"),
        (right.replace(b"'<f8'", b"[('a', 'O')]"), "is no array"),
        (right.replace(b"'<f8'", b"__import__('os').abort()"), "is no array"),
        (right.replace(b"<f8", b"<f7"), "says it is of shape"),
        (right[:-8], "says it is of shape"),
        (right + b"\0", "says it is of shape"),
        (right.replace(b"\x93NUMPY\1", b"\x93NUMPY\3"), "is no array"),
        (b"", "is no array"),
    ]:
        refused(put_together(manifest, document, arrays, raw={name: wrong}), match)
    for wrong, match in [
        (np.full(n, np.nan), "impurity must be .* finite numbers"),
        (np.ones(n + 1), "impurity must be"),
        (np.ones(n, dtype=np.float32), "impurity must be"),
    ]:
        refused(put_together(manifest, document, {**arrays, name: wrong}), match)
    fewer = {**arrays, "arrays/n_node_samples.npy": np.full(n, -1)}
    refused(put_together(manifest, document, fewer), "n_node_samples must be at least 0")


def resized(data, shape):
    """Put another shape into the header of an array, of the same length."""
    start = data.index(b"'shape': ") + 9
    end = data.index(b")", start) + 1
    head = data[10 : 10 + int.from_bytes(data[8:10], "little")]
    new = data[10:start] + shape + data[end : 10 + len(head)].rstrip(b" \n")
    return data[:10] + new.ljust(len(head) - 1) + b"\n" + data[10 + len(head) :]


# values


def changed(file, *path, to):
    manifest, document, arrays = parts(file)
    inside = {"manifest": manifest, "document": document}
    for key in path[:-1]:
        inside = inside[key]
    inside[path[-1]] = to
    return put_together(manifest, document, arrays)


def swapped(file, name, array):
    manifest, document, arrays = parts(file)
    return put_together(manifest, document, {**arrays, name: array})


def test_values_are_checked(file_of):
    tree, card = file_of("tree, binary")[0], file_of("scorecard, binary")[0]
    logistic = file_of("complete, logistic")[0]
    nodes, state, parameters = (
        ("document", "nodes", 0),
        ("manifest", "state"),
        ("manifest", "parameters"),
    )
    for data, match in [
        (changed(tree, *nodes, "left", to=0), "must be a node from 1"),
        (changed(tree, *nodes, "right", to=10**12), "must be a node from 1"),
        (changed(tree, *nodes, "threshold", to=float("nan")), "NaN is no number"),
        (changed(tree, *nodes, "column", to=-1), "the name of a column"),
        (changed(tree, *nodes, "left_text", to="age <= 0"), "its document is not that"),
        (changed(tree, "document", "takes_missing", to=False), "its document is not that"),
        (changed(tree, *state, "effort_", to="endless"), "effort_ must be one of greedy"),
        (changed(tree, *state, "distillation_", to=7), "distillation_ must be a mapping"),
        (changed(tree, *state, "classes_", to=["bad", "good"]), "nothing in it asks for classes_"),
        (swapped(tree, "arrays/classes_.npy", np.array(["bad", "goo"])), "must be the classes"),
        (changed(tree, *parameters, "max_leaf_nodes", to=-1), "'max_leaf_nodes' parameter"),
        (changed(tree, *parameters, "more", to=1), "include, or lack, more"),
        (changed(tree, "manifest", "parameters", to={}), "include, or lack"),
        (changed(tree, "manifest", "class", to="DistilledTreeRegressor"), "include, or lack|built"),
        (changed(tree, "manifest", "class", to="os.system"), "names the class 'os.system'"),
        (changed(tree, "manifest", "class", to=["a"]), "names the class"),
        (changed(logistic, "manifest", "class", to="DistilledLinearSVC"), "include, or lack"),
        (changed(logistic, "document", "terms", 0, "values", to=["inf"]), "must be a number"),
        (changed(logistic, *state, "n_iter_", to=0), "n_iter_ must be"),
        (changed(logistic, *state, "n_iter_", to=True), "n_iter_ must be"),
        (changed(card, *parameters, "pdo", to=7.0), "'pdo' is not that of the card"),
        (changed(card, *state, "loss", to={"number": "nan"}), "loss must be a finite number"),
        (changed(card, *parameters, "special_values", to={"number": "x"}), "none that save writes"),
        (
            changed(card, *parameters, "cv", to={"splitter": ["x", []]}),
            "none that save writes|built",
        ),
        (changed(card, "document", "base_points", to=2**53), "may have .* points|not that of"),
    ]:
        refused(data, match)


def test_a_later_version_says_so(file_of, tmp_path):
    path = tmp_path / "later.interpkd"
    data = changed(file_of("tree, regression")[0], "manifest", "version", to=2)
    data = changed(data, "manifest", "written_by", to={"interpkd": "0.9"})
    path.write_bytes(data)
    with pytest.raises(
        InvalidInputError, match=r"version 2 .* later version of interpkd, 0\.9"
    ) as e:
        load(path)
    assert not isinstance(e.value, DamagedFileError)
    refused(changed(data, "manifest", "version", to="1"), "its version is no number")
    refused(changed(data, "manifest", "format", to="zip"), "its format is 'zip'")


def test_a_huge_file_is_not_read(tmp_path):
    path = tmp_path / "huge.interpkd"
    with path.open("wb") as file:
        file.truncate(2**40)  # a hole, which takes no room
    with pytest.raises(DamagedFileError, match="or larger than"):
        load(path)


def test_students_too_large_are_not_saved(monkeypatch, tmp_path):
    X = np.random.default_rng(0).normal(size=(30, 40))
    student = DistilledLogisticRegression().fit(X, teacher_proba=np.tile([0.2, 0.8], (30, 1)))
    monkeypatch.setattr("interpkd.export._load.MAX_OBJECTS", 10_000)
    from interpkd.export import save

    with pytest.raises(InvalidInputError, match="would take more than 10000 bytes"):
        save(student, tmp_path / "a.interpkd")
    assert not [*tmp_path.iterdir()]


def test_nothing_is_run(file_of, monkeypatch):
    """No pickle is opened, and no module but those of the table is asked for."""
    asked = []
    monkeypatch.setattr(pickle, "loads", None)
    monkeypatch.setattr(pickle, "load", None)
    monkeypatch.setattr(importlib, "import_module", asked.append)
    for name in ("sys", "interpkd.export.to_json", "../x", "DistilledClassifier"):
        refused(changed(file_of("scorecard, binary")[0], "manifest", "class", to=name), "names the")
    assert not asked
