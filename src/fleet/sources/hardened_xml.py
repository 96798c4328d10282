"""Reads XML of a service. A document type is refused, so no entity can be defined: none grows, none reads a file."""

from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from fleet.sources.base import Query

_DEEPEST = 30


def xml_of(payload: bytes, query: Query) -> Element:
    """Return the root element, with tags that have no namespace. Raises: SourceError if the payload is no plain XML."""
    builder, depth = TreeBuilder(), 0

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > _DEEPEST:
            raise query.error(f"the answer nests elements more than {_DEEPEST} deep, expected a market document")
        builder.start(_local(tag), attributes)

    def end(tag: str) -> None:
        nonlocal depth
        depth -= 1
        builder.end(_local(tag))

    def refuse(*_: object) -> None:
        raise query.error("the answer has a document type, expected plain XML without entities")

    parser = expat.ParserCreate(namespace_separator="}")
    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler = builder.data
    parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = refuse
    try:
        parser.Parse(payload, True)
    except expat.ExpatError as error:
        shown = payload[:60].decode("utf-8", errors="replace")
        raise query.error(f"the answer is not complete XML ({error}; begins {shown!r}), expected a document") from error
    return builder.close()


def _local(tag: str) -> str:
    return tag.rsplit("}", 1)[-1]
