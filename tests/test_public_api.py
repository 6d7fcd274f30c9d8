"""What the package promises to the outside: its names, and documents that match the code."""

import builtins
import functools
import importlib
import inspect
import re
import sys
from pathlib import Path

import pytest

import interpkd

ROOMS = [
    "interpkd",
    "interpkd.audit",
    "interpkd.datasets",
    "interpkd.explanation",
    "interpkd.export",
    "interpkd.fidelity",
    "interpkd.learners",
    "interpkd.students",
    "interpkd.targets",
    "interpkd.teachers",
]
CONTRACT = {  # names that others build on
    "interpkd": {
        "DistilledClassifier",
        "DistilledRegressor",
        "DistilledLinearRegression",
        "DistilledLinearSVC",
        "DistilledLogisticRegression",
        "DistilledTreeClassifier",
        "DistilledTreeRegressor",
        "as_teacher",
        "audit_report",
        "explain",
        "fidelity_report",
    },
    "interpkd.export": {"to_rules"},
    "interpkd.fidelity": {"frontier"},
    "interpkd.teachers": {"make_teacher"},
}
STUDENT_PARAMETERS = [
    "teacher",
    "alpha",
    "temperature",
    "cv",
    "augmentation",
    "n_augmented",
    "monotonic_cst",
    "random_state",
]


def public_objects():
    found = []
    for room in ROOMS:
        module = importlib.import_module(room)
        for name in module.__all__:
            thing = getattr(module, name)
            if inspect.isclass(thing) or inspect.isfunction(thing):
                found.append(pytest.param(thing, id=f"{room}.{name}"))
    return found


def documented_parameters(thing):
    """Parse the Parameters section of a numpydoc docstring: names and what is said of each."""
    doc = inspect.getdoc(thing) or ""
    section = re.search(r"^Parameters\n-+\n(.*?)(?=^\S[^\n]*\n-+\n|\Z)", doc, re.S | re.M)
    lines = re.findall(r"^(\*{0,2}\w[\w, *]*) : (.*)$", section[1], re.M) if section else []
    return {name.strip(): kind for names, kind in lines for name in names.split(",")}


@pytest.mark.parametrize("room", ROOMS)
def test_all_is_sorted_and_complete(room):
    module = importlib.import_module(room)
    assert sorted(module.__all__) == list(module.__all__)
    assert len(set(module.__all__)) == len(module.__all__)
    assert CONTRACT.get(room, set()) <= set(module.__all__)


@pytest.mark.parametrize("thing", public_objects())
def test_documented_parameters_are_the_signature(thing):
    if inspect.isclass(thing) and not hasattr(thing, "get_params"):
        return  # a result, made by a function and described by its attributes
    signature = inspect.signature(thing)
    documented = documented_parameters(thing)
    taken = [
        {"VAR_POSITIONAL": "*", "VAR_KEYWORD": "**"}.get(p.kind.name, "") + name
        for name, p in signature.parameters.items()
        if name != "self"
    ]
    assert list(documented) == taken
    check_defaults(thing, documented)


def check_defaults(thing, documented):
    """Compare each "default=" of a docstring with the signature; a constant may stand by its name."""
    for name, parameter in inspect.signature(thing).parameters.items():
        if parameter.default is inspect.Parameter.empty or name == "self":
            continue
        said = re.search(r"default=(.+)$", documented[name])
        assert said, f"{name}: the docstring gives no default"
        constants = sys.modules[thing.__module__].__dict__ | vars(builtins)
        if said[1] in constants:
            assert constants[said[1]] is parameter.default, name
        else:
            assert said[1].replace("'", '"') == repr(parameter.default).replace("'", '"'), name


@functools.cache
def public_methods():
    """Give every documented method that the package itself writes, once."""
    found = {}
    for one in public_objects():
        kind = one.values[0]
        for name, method in inspect.getmembers(kind, callable) if inspect.isclass(kind) else ():
            is_ours = (getattr(method, "__module__", None) or "").startswith("interpkd")
            if is_ours and inspect.isroutine(method) and not name.startswith("_"):
                found[method.__qualname__] = method
    return found


@pytest.mark.parametrize("name", sorted(public_methods()))
def test_documented_defaults_of_methods_are_the_signature(name):
    method = public_methods()[name]
    documented = documented_parameters(method)
    check_defaults(method, documented)


@pytest.mark.parametrize("thing", public_objects())
def test_public_objects_have_a_summary(thing):
    first, *rest = inspect.getdoc(thing).splitlines()
    assert first.endswith("."), first
    assert not rest or not rest[0], "the summary is one line"


def is_property(member):
    return isinstance(member, property)


def has_example(thing):
    return ">>> " in inspect.getdoc(thing)


@pytest.mark.parametrize("thing", [p for p in public_objects() if inspect.isfunction(p.values[0])])
def test_functions_have_an_example(thing):
    assert has_example(thing)


def test_root_names_have_an_example():
    public = [getattr(interpkd, name) for name in interpkd.__all__ if name != "__version__"]
    assert all(has_example(thing) for thing in public)


def test_classes_have_an_example_or_are_results_of_what_has_one():
    """Follow the names in docstrings from every object with an example to what it gives."""
    things = {one.values[0].__name__: one.values[0] for one in public_objects()}
    shown = {name for name, thing in things.items() if has_example(thing)}
    ahead = [*shown]
    while ahead:
        thing = things[ahead.pop()]
        members = [*vars(thing).values()] if inspect.isclass(thing) else []
        given = [one.fget.__annotations__.get("return", "") for one in members if is_property(one)]
        methods = [one for one in members if inspect.isroutine(one)]
        texts = [*given, *(inspect.getdoc(one) or "" for one in (thing, *methods))]
        found = set(re.findall(r"\b[A-Z]\w+\b", " ".join(texts))) & set(things) - shown
        shown |= found
        ahead += found
    assert {name for name, thing in things.items() if inspect.isclass(thing)} <= shown


@pytest.mark.parametrize("name", [n for n in interpkd.__all__ if n.startswith("Distilled")])
def test_students_share_their_parameters(name):
    kind = getattr(interpkd, name)
    assert list(inspect.signature(kind).parameters)[: len(STUDENT_PARAMETERS)] == STUDENT_PARAMETERS
    fit = inspect.signature(kind.fit).parameters
    assert [*fit][1:6] == ["X", "y", "sample_weight", "X_unlabeled", "teacher_proba"]
    assert fit["sample_weight"].kind is inspect.Parameter.KEYWORD_ONLY


def test_the_package_is_typed():
    assert (Path(interpkd.__file__).parent / "py.typed").exists()


def test_version_is_installed_version():
    from importlib.metadata import version

    assert version("interpkd") == interpkd.__version__


def test_the_reference_lists_every_public_object():
    api = Path(__file__).parents[1] / "docs" / "api.rst"
    if not api.exists():
        pytest.skip("tests run without the checkout: there are no docs beside them")
    listed = set(re.findall(r"^   ([\w.]+)$", api.read_text(encoding="utf-8"), re.M))
    public = {
        name if room == "interpkd" else f"{room.removeprefix('interpkd.')}.{name}"
        for room in ROOMS
        for name in importlib.import_module(room).__all__
        if not room.endswith("students") and name not in {"__version__", "LEAF", "SKETCH_ROWS"}
    }
    at_root = {name.split(".")[-1] for name in listed if "." not in name}
    assert {name for name in public if name.split(".")[-1] not in at_root} <= listed
