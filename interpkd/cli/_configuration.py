"""Options in a file: what `--config` reads, and the file from which a run can be repeated.

A key is an option's name, dashes or underscores; ``source`` is TABLE. What the command line says
wins.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import difflib
import json
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from interpkd import __version__
from interpkd._optional import require
from interpkd.cli._errors import DataError
from interpkd.cli._source import Address
from interpkd.cli._student import OWN_OPTIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

PAIRS = ("field", "monotonic", "teacher_scores")
"""Options of the form NAME=VALUE, which a file may hold as a table."""

NOT_WRITTEN = ("overwrite",)
"""Options that say nothing of the results."""


def config_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the option ``--config``."""

    def load(ctx: click.Context, _: click.Parameter, path: Path | None) -> None:
        if path is not None:
            ctx.default_map = {**(ctx.default_map or {}), **read_configuration(path, ctx.command)}

    return click.option(
        "--config",
        metavar="FILE",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        is_eager=True,  # before the options whose defaults it gives
        expose_value=False,
        callback=load,
        help="Options in a TOML or YAML file, under their names; TABLE is source. Those of the "
        "command line win.",
    )(command)


def read_configuration(path: Path, command: click.Command) -> dict[str, Any]:
    """Read options from a file, and check their names and kinds.

    Parameters
    ----------
    path : Path
        A file ending in .toml, .yaml or .yml.

    command : click.Command
        The command whose options they are.

    Returns
    -------
    options : dict
        Values by the parameter names of the command.

    Raises
    ------
    DataError
        If the file cannot be read, or a key breaks a rule; the message names key, rule and remedy.
    """
    known = {_key(one): one for one in command.params if one.name and _is_setting(one)}
    options: dict[str, Any] = {}
    for written, value in _read(path).items():
        key = str(written).replace("-", "_")
        where = f"{path.name}: {written}"
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"the keys are {', '.join(known)}."
            msg = f"{where} is no option of interpkd {command.name}; {hint}"
            raise DataError(msg)
        param = known[key]
        if param.name in options:
            msg = f"{where} is there twice, with a dash and with an underscore; remove one."
            raise DataError(msg)
        options[str(param.name)] = _check(value, param, where)
    return options


def write_configuration(
    source: Path | Address | Sequence[Path | Address | str],
    out: Path,
    options: Mapping[str, Any],
    path: Path,
) -> None:
    """Write the options of a run, defaults included, so that ``--config`` repeats it.

    Parameters
    ----------
    source : Path, Address, or sequence of these and str
        The table.

    out : Path
        The folder of results.

    options : mapping
        All other options of the command, by parameter name.

    path : Path
        The file.
    """
    sources = (source,) if isinstance(source, (Path, Address)) else source
    is_database = any(isinstance(one, Address) for one in sources)
    lines = [f"# interpkd {__version__}: interpkd distill --config {path.name} --out DIR"]
    if any(isinstance(one, Address) and one.secrets for one in sources):
        lines.append("# The password of the connection URL is left out.")
    named = [one.public if isinstance(one, Address) else str(one) for one in sources]
    shown = named[0] if len(named) == 1 else named
    lines += [f"source = {_toml(shown)}", f"out = {_toml(str(out))}"]
    for name, value in options.items():
        is_blank = value is None or value is False or value == ()
        if is_blank or not _applies(name, options) or (is_database and name == "separator"):
            continue
        key = {"table_name": "table"}.get(name, name).replace("_", "-")
        lines.append(f"{key} = {_toml(value)}")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _applies(name: str, options: Mapping[str, Any]) -> bool:
    """Tell whether an option has a part in the run: others would be refused."""
    if name in NOT_WRITTEN or OWN_OPTIONS.get(name, options["student"]) != options["student"]:
        return False
    is_elsewhere = bool(options["teacher_file"] or options["teacher_scores"])
    if name == "device":
        return not options["teacher_scores"]
    return not (name == "teacher" and is_elsewhere)


def _key(param: click.Parameter) -> str:
    """Give the name of an option as it is written, with underscores."""
    if isinstance(param, click.Argument):
        return str(param.name)
    return next(one for one in param.opts if one.startswith("--"))[2:].replace("-", "_")


def _is_setting(param: click.Parameter) -> bool:
    return param.expose_value and not getattr(param, "hidden", False)


def _read(path: Path) -> dict[str, Any]:
    suffix = path.suffix.lower()
    if suffix not in {".toml", ".yaml", ".yml"}:
        msg = f"--config {path.name} ends in {suffix!r}; it must be a .toml, .yaml or .yml file."
        raise DataError(msg)
    try:
        text = path.read_text(encoding="utf-8-sig")
        content = tomllib.loads(text) if suffix == ".toml" else _yaml(text, path)
    except UnicodeDecodeError as error:
        msg = f"{path.name} is not UTF-8 text; save it as UTF-8."
        raise DataError(msg) from error
    except tomllib.TOMLDecodeError as error:
        msg = f"{path.name} is no readable TOML file: {error}."
        raise DataError(msg) from error
    if not isinstance(content, dict):
        msg = f"{path.name} must hold keys with values, such as target: default."
        raise DataError(msg)
    return content


def _yaml(text: str, path: Path) -> Any:
    yaml = require("yaml", extra="yaml", purpose="read a YAML file")
    try:
        content = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = "" if mark is None else f" in line {mark.line + 1}"
        msg = f"{path.name} is no readable YAML file: {getattr(error, 'problem', error)}{where}."
        raise DataError(msg) from error
    return {} if content is None else content


def _check(value: Any, param: click.Parameter, where: str) -> Any:
    """Give a value that the option takes, or say why it takes none such."""
    if param.multiple or param.nargs == -1:
        if isinstance(value, dict) and param.name in PAIRS:
            value = [f"{name}={text}" for name, text in _pairs(value, where)]
        many = value if isinstance(value, list) else [value]
        for one in many:
            _check_one(one, param, where)
        return many
    _check_one(value, param, where)
    return value


def _pairs(value: dict[str, Any], where: str) -> Iterator[tuple[str, str]]:
    for name, text in value.items():
        if not isinstance(text, str):
            msg = f"{where}.{name} must be a text in quotes, got {_kind(text)}."
            raise DataError(msg)
        yield name, text


def _check_one(value: Any, param: click.Parameter, where: str) -> None:
    """Refuse a value of another kind, and one out of range; the value itself is not repeated."""
    kind = param.type
    rules: tuple[tuple[Any, tuple[type, ...], str], ...] = (
        (click.types.BoolParamType, (bool,), "true or false"),
        (click.types.IntParamType, (int,), "a whole number"),
        (click.types.FloatParamType, (int, float), "a number"),
        (click.ParamType, (str,), "a text in quotes"),
    )
    types, words = next((types, words) for one, types, words in rules if isinstance(kind, one))
    is_truth = isinstance(value, bool)
    if not isinstance(value, types) or (is_truth and bool not in types):
        many = " or a list of such" if param.multiple or param.nargs == -1 else ""
        msg = f"{where} must be {words}{many}, got {_kind(value)}; correct it."
        raise DataError(msg)
    try:
        kind.convert(value, param, None)
    except click.BadParameter as error:
        msg = f"{where}: {error.message}"
        raise DataError(msg) from None


def _kind(value: Any) -> str:
    names = {bool: "true or false", int: "a whole number", float: "a number", str: "a text"}
    names |= {list: "a list", dict: "a table", type(None): "nothing"}
    return names.get(type(value), f"a {type(value).__name__}")


def _toml(value: Any) -> str:
    if isinstance(value, (tuple, list)):
        return "[" + ", ".join(_toml(one) for one in value) + "]"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(value)
    # TOML escapes as JSON does, and one sign more
    return json.dumps(str(value), ensure_ascii=False).replace("\x7f", "\\u007f")
