"""The packaged fleets, and the strict reader of fleet files."""

from fleet.fleets.reader import DEFAULT_FLEET, dump_fleet, load_fleet, parse_fleet

__all__ = ["DEFAULT_FLEET", "dump_fleet", "load_fleet", "parse_fleet"]
