"""What is said of the package in several places is said alike in all of them."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

import interpkd

ROOT = Path(__file__).parents[1]
PYTHONS = ["3.11", "3.12", "3.13", "3.14"]
SHOWN = ["numpy", "scipy", "scikit-learn", "pandas", "numba", "shap"]
WITHOUT = {"torch", "pytabkit"}  # requirements/without-networks.txt
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]


def text_of(name):
    """Read a file of the checkout, or skip where the tests run without it."""
    if not (ROOT / name).exists():
        pytest.skip(f"tests run without the checkout: there is no {name} beside them")
    return (ROOT / name).read_text(encoding="utf-8")


def extras_of_table(text):
    """Read the first cells of the table of extras, each a name or several; none without a table."""
    table = re.search(r"^\| extra \|.*?(?:\n\n|\Z)", text, re.M | re.S | re.I)
    rows = [line for line in table[0].splitlines() if line.startswith("| `")] if table else []
    return [name for row in rows for name in re.findall(r"`([^`]+)`", row.split("|")[1])]


def environment_of(python):
    """Describe Linux with a Python, for markers."""
    machine = {"sys_platform": "linux", "platform_machine": "x86_64", "os_name": "posix"}
    known = {"implementation_name": "cpython", "platform_python_implementation": "CPython"}
    full = {"python_version": python, "python_full_version": f"{python}.9"}
    return {**machine, **known, **full, "platform_system": "Linux", "extra": ""}


def pins_of(name, python):
    """Read what a locked environment installs with a Python: name -> version."""
    found = {}
    for line in text_of(name).splitlines():
        if match := re.match(r"([\w.-]+)==([^ ;\\]+)(?: *; *([^\\]+))?", line):
            package, version, marker = match.groups()
            if marker is None or Marker(marker.strip()).evaluate(environment_of(python)):
                found[canonicalize_name(package)] = Version(version)
    return found


def wanted_by(*extras, python):
    """Yield the requirements of the core and of extras, those inside extras too."""
    todo, seen = list(extras), set()
    requirements = list(PROJECT["dependencies"])
    while todo:
        extra = todo.pop()
        if extra not in seen:
            seen.add(extra)
            requirements += EXTRAS[extra]
            inside = [Requirement(one) for one in EXTRAS[extra] if one.startswith("interpkd[")]
            todo += [name for one in inside for name in one.extras]
    for requirement in map(Requirement, requirements):
        applies = requirement.marker is None or requirement.marker.evaluate(environment_of(python))
        if applies and requirement.name not in WITHOUT | {"interpkd"}:
            yield requirement


@pytest.mark.parametrize("python", PYTHONS)
def test_locked_environments_have_what_pyproject_asks_for(python):
    newest, oldest = (
        pins_of("requirements/dev.txt", python),
        pins_of(f"requirements/oldest-{python}.txt", python),
    )
    for pins, extras in ((newest, ["test", "lint", "docs", "browser"]), (oldest, ["test"])):
        for one in wanted_by(*extras, python=python):
            pin = pins.get(canonicalize_name(one.name))
            assert pin is not None, f"{one} is not locked: run requirements/renew"
            assert one.specifier.contains(pin, prereleases=True), f"{one}, locked is {pin}"


@pytest.mark.parametrize("python", PYTHONS)
def test_the_table_of_versions_is_that_of_the_locked_environments(python):
    newest = pins_of("requirements/dev.txt", python)
    oldest = pins_of(f"requirements/oldest-{python}.txt", python)
    cells = [f"{oldest[name]} to {newest[name]}" for name in SHOWN]
    assert f"| {python} | {' | '.join(cells)} |" in text_of("docs/install.md").splitlines()


def test_extras_are_those_of_pyproject():
    listed = extras_of_table(text_of("docs/install.md"))
    assert sorted(listed) == sorted(EXTRAS)
    assert set(extras_of_table(text_of("README.md"))) <= set(EXTRAS)
    named = re.findall(r"interpkd\[([\w,-]+)\]", text_of("docs/install.md") + text_of("README.md"))
    assert {extra for names in named for extra in names.split(",")} <= set(EXTRAS)


def test_versions_agree():
    citation = yaml.safe_load(text_of("CITATION.cff"))
    assert citation["version"] == interpkd.__version__
    newest = re.search(r"^## (\S+) \((.+)\)$", text_of("CHANGELOG.md"), re.M)
    assert newest[1] == Version(interpkd.__version__).base_version
    is_released = not Version(interpkd.__version__).is_devrelease
    assert (newest[2] != "unreleased") == is_released == ("date-released" in citation)


def test_addresses_and_licence_agree():
    citation = yaml.safe_load(text_of("CITATION.cff"))
    assert citation["license"] == PROJECT["license"]
    assert citation["repository-code"] == PROJECT["urls"]["Source"]
    assert all(one.startswith(PROJECT["urls"]["Source"]) for one in PROJECT["urls"].values())


def test_pythons_agree():
    listed = [one.split(" :: ")[-1] for one in PROJECT["classifiers"] if ":: Python :: 3." in one]
    assert listed == PYTHONS
    assert PROJECT["requires-python"] == ">=3.11,<3.15"


def test_actions_are_pinned_by_commit():
    folder = ROOT / ".github" / "workflows"
    if not folder.exists():
        pytest.skip("tests run without the checkout: there are no workflows beside them")
    used = [line for file in folder.glob("*.yml") for line in file.read_text().splitlines()]
    used = [line for line in used if "uses:" in line]
    assert used
    for line in used:
        assert re.fullmatch(r"\s+(- )?uses: [\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", line), line


def test_importing_the_package_imports_nothing_else():
    code = "import sys; import interpkd; print([*{'numpy', 'sklearn'} & {*sys.modules}])"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "[]\n"


def test_names_and_rooms_are_found_when_asked_for():
    assert {*interpkd.__all__, "fidelity", "exceptions"} <= {*dir(interpkd)}
    assert interpkd.exceptions.InvalidInputError.__module__ == "interpkd.exceptions"
    with pytest.raises(AttributeError, match="module 'interpkd' has no attribute 'nothing'"):
        _ = interpkd.nothing
