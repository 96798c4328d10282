"""Packaged fleets, and the strict reader of fleet files."""

from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from fleet.domain.region import Fleet
from fleet.errors import ConfigError
from fleet.fleets.faults import faults

DEFAULT_FLEET = "three_regions"


class _StrictLoader(yaml.SafeLoader):
    """The safe loader, which moreover refuses a key that occurs twice: YAML would silently take the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if key.value in seen:
                raise yaml.YAMLError(f"key {key.value!r} occurs twice in line {key.start_mark.line + 1}")
            seen.add(str(key.value))
        return super().construct_mapping(node, deep=deep)


def load_fleet(path: Path | None = None) -> Fleet:
    """The fleet in a YAML file; without a path, the packaged default of Arizona, Ireland and Wyoming.

    Raises: ConfigError naming the file and the keys that cannot be honoured.
    """
    if path is None:
        text = files(__package__).joinpath(f"{DEFAULT_FLEET}.yaml").read_text(encoding="utf-8")
        return parse_fleet(text, name=DEFAULT_FLEET)
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"fleet file {path} cannot be read ({error}); expected a readable YAML file") from error
    return parse_fleet(text, name=str(path))


def parse_fleet(text: str, *, name: str) -> Fleet:
    """The fleet that a YAML text describes. `name` stands for the text in messages."""
    try:
        content = yaml.load(text, Loader=_StrictLoader)  # noqa: S506
    except (yaml.YAMLError, TypeError, ValueError, RecursionError) as error:
        # A month of 13 is a ValueError to the parser, and brackets without end a RecursionError.
        raise ConfigError(f"{name} is not YAML: {' '.join(str(error).split())}") from error
    if not isinstance(content, dict):
        raise ConfigError(f"{name} holds {type(content).__name__}, expected keys `name` and `regions`")
    try:
        return Fleet.model_validate(content)
    except ValidationError as error:
        raise ConfigError(f"{name}: {faults(error, content)}") from error


def dump_fleet(fleet: Fleet) -> str:
    """The YAML of a fleet, which `parse_fleet` reads back as it was."""
    return yaml.safe_dump(fleet.model_dump(mode="json", exclude_none=True), sort_keys=False, allow_unicode=True)
