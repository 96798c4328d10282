"""The fitted climates, one YAML file per place. `python examples/fit_climates.py DATA` writes the files."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, is_dataclass
from functools import cache
from importlib.resources import files
from typing import Any, TypeVar, get_type_hints

import yaml

from fleet.twin.climate import Climate

Table = TypeVar("Table")

_DIGITS = 4
_WIDTH = 118


def parse_climate(text: str) -> Climate:
    """Return the climate in a YAML text that `dump_climate` wrote."""
    return _read(Climate, yaml.safe_load(text))


def dump_climate(climate: Climate, *, source: str) -> str:
    """Return the climate as YAML, rounded to four significant digits.

    Args:
        climate: the table.
        source: text on the data behind the table; written as comment lines at the top.
    """
    head = "".join(f"# {line}\n" for line in source.splitlines())
    tables = yaml.safe_dump(_rounded(asdict(climate)), sort_keys=False, default_flow_style=None, width=_WIDTH)
    return head + tables


def _read(kind: type[Table], content: Mapping[str, Any]) -> Table:
    hints = get_type_hints(kind)
    values = {
        name: _read(hints[name], value) if is_dataclass(hints[name]) else tuple(value) if _is_list(value) else value
        for name, value in content.items()
    }
    return kind(**values)


def _is_list(value: Any) -> bool:
    return isinstance(value, list)


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_rounded(item) for item in value]
    return float(f"{value:.{_DIGITS}g}")


class _Packaged(Mapping[str, Climate]):
    """The climates of the YAML files in this folder. A file is read at the first use of its climate."""

    def __getitem__(self, name: str) -> Climate:
        if name not in set(self):
            raise KeyError(name)
        return _packaged(name)

    def __iter__(self) -> Iterator[str]:
        file_names = [path.name for path in files(__package__).iterdir() if path.name.endswith(".yaml")]
        return iter(sorted(name.removesuffix(".yaml") for name in file_names))

    def __len__(self) -> int:
        return len(list(iter(self)))


@cache
def _packaged(name: str) -> Climate:
    return parse_climate(files(__package__).joinpath(f"{name}.yaml").read_text(encoding="utf-8"))


CLIMATES: Mapping[str, Climate] = _Packaged()
