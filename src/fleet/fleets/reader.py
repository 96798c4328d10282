"""Reads and writes fleet files. Unknown keys, duplicate keys and wrong types are refused."""

from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from fleet.domain.region import Fleet
from fleet.errors import ConfigError
from fleet.fleets.faults import faults
from fleet.regular_file import read_regular

DEFAULT_FLEET = "three_regions"
# Three times the size of a file of 10,000 regions.
_MOST_BYTES = 32 * 1024**2
# The deepest nesting that is read. A fleet file has six levels.
_DEEPEST = 50


class _StrictLoader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """The safe YAML loader, in C if that is installed. This class also refuses a duplicate key.

    The plain loader would silently use the last value.
    """

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if key.value in seen:
                raise yaml.YAMLError(f"key {key.value!r} occurs twice in line {key.start_mark.line + 1}")
            seen.add(str(key.value))
        mapping: dict[Any, Any] = super().construct_mapping(node, deep=deep)
        return mapping


def load_fleet(path: Path | None = None) -> Fleet:
    """Return the fleet in a YAML file.

    Args:
        path: the file; without it, the packaged default fleet of Arizona, Ireland and Wyoming is read.
    Raises: ConfigError if the file cannot be read, or as `parse_fleet`.
    """
    if path is None:
        text = files(__package__).joinpath(f"{DEFAULT_FLEET}.yaml").read_text(encoding="utf-8")
        return parse_fleet(text, name=DEFAULT_FLEET)
    try:
        text = read_regular(path, most_bytes=_MOST_BYTES).decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ConfigError(f"fleet file {path} cannot be read ({reason}); expected a readable YAML file") from error
    return parse_fleet(text, name=str(path))


def parse_fleet(text: str, *, name: str) -> Fleet:
    """Return the fleet that a YAML text describes.

    Args:
        text: the YAML.
        name: name of the text, for messages.
    Raises: ConfigError if the text is not YAML, or has keys or values that cannot be used.
    """
    try:
        _refuse_deep(text)
        content = yaml.load(text, Loader=_StrictLoader)  # noqa: S506
    except (yaml.YAMLError, TypeError, ValueError, RecursionError) as error:
        # The parser raises ValueError for a date with month 13, and RecursionError for very deep brackets.
        raise ConfigError(f"{name} is not YAML: {' '.join(str(error).split())}") from error
    if not isinstance(content, dict):
        # `fleet init` does not replace a file.
        raise ConfigError(
            f"{name} {_described(content)}, expected keys `name` and `regions`; remove it, and `fleet init` writes "
            "a new one"
        )
    try:
        return Fleet.model_validate(content)
    except ValidationError as error:
        raise ConfigError(f"{name}: {faults(error, content)}") from error


def _described(content: object) -> str:
    """Return what a YAML file without keys holds, in words of YAML."""
    if content is None:
        return "is empty"
    return "holds a list" if isinstance(content, list | set) else "holds a single value"


def _refuse_deep(text: str) -> None:
    """Refuse a text that is nested deeper than any fleet. The loader in C would crash. Raises: yaml.YAMLError."""
    depth = 0
    for event in yaml.parse(text, Loader=_StrictLoader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > _DEEPEST:
            raise yaml.YAMLError(f"lists or keys are nested more than {_DEEPEST} levels deep")


def dump_fleet(fleet: Fleet, *, with_defaults: bool = True) -> str:
    """Return the fleet as YAML. `parse_fleet` reads the same fleet back.

    Args:
        with_defaults: False leaves out keys that have their default, for a file that a person edits.
    """
    content = fleet.model_dump(mode="json", exclude_none=True, exclude_defaults=not with_defaults)
    return yaml.safe_dump(content, sort_keys=False, allow_unicode=True)
