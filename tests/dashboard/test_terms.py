import re
from pathlib import Path

from fleet.dashboard.terms import TERMS

GLOSSARY = Path(__file__).parents[2] / "docs" / "glossary.md"


def test_the_terms_are_the_words_of_the_glossary():
    assert re.findall(r"^\*\*([a-z ]+)\*\*:", GLOSSARY.read_text(encoding="utf-8"), flags=re.MULTILINE) == list(TERMS)


def test_every_definition_is_a_short_sentence():
    assert all(definition.endswith(".") and len(definition) < 200 for definition in TERMS.values())
