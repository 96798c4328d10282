"""The keys of services: from an environment variable or a file, never from the fleet file, never in a message."""

import os
from pathlib import Path

from fleet.domain.feed import KeyedFeed
from fleet.regular_file import read_regular
from fleet.sources.base import Query, Source

_MOST_BYTES = 64 * 1024


def key_name(source: type[Source], query: Query) -> str:
    """Return where the key of a query comes from, for messages: a variable or a file; empty if none is needed."""
    feed = query.feed
    if isinstance(feed, KeyedFeed) and feed.key_file is not None:
        return f"the file {feed.key_file}"
    name = (feed.key_env if isinstance(feed, KeyedFeed) else None) or source.key_env
    return f"the variable {name}" if name else ""


def key_of(source: type[Source], query: Query) -> str:
    """Return the key of a query; empty if the source needs none and none is set.

    Raises: SourceError that names the variable or file if the source needs a key and has none, or cannot send it.
    """
    feed, key = query.feed, ""
    if isinstance(feed, KeyedFeed) and feed.key_file is not None:
        try:
            key = read_regular(Path(feed.key_file), most_bytes=_MOST_BYTES).decode("utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "it is no text"
            raise query.error(f"the key file {feed.key_file} cannot be read ({reason}); correct key_file") from error
    else:
        name = (feed.key_env if isinstance(feed, KeyedFeed) else None) or source.key_env
        key = os.environ.get(name, "").strip() if name else ""
    if not key and source.needs_key and key_name(source, query):
        raise query.error(f"no key: {key_name(source, query)} is empty or not set; put the key of the service there")
    if not key.isascii() or not key.isprintable():
        raise query.error(f"the key in {key_name(source, query)} has a line break or a special letter; correct it")
    return key
