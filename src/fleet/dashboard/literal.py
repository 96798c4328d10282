"""Escapes names and sentences, so that pages and figures show them as they are: data holds no active markup."""

import html
import re

# The word joiner: invisible, and no line breaks at it.
_JOINER = "\u2060"
_MARKUP = re.compile(r"([\\*_\[\]<>&$~|`#])")
_AT_START = re.compile(r"^([-+=]|\d+(?=[.)]))")
# Places inside texts that Streamlit replaces after Markdown is read: emoji and colour codes, links, arrows and dashes.
# A backslash would not stop the replacement; a joiner does.
_REPLACED_LATER = re.compile(r"(?<=:)(?=[^\s\d])|(?<=[wW]{3})(?=\.)|(?<=@)|(?<=[-<>=~])(?=[-<>=~])")


def markdown_text(text: str, *, keep_code: bool = False) -> str:
    r"""Return Markdown that shows the text as it is, on one line.

    >>> markdown_text("![x](http://evil.example)")
    '!\\[x\\](http:\u2060//evil.example)'

    Args:
        text: a name, or a sentence that holds names.
        keep_code: keep backticks, so that a command between them is shown as code. Markdown is not active there.
    """
    line = _REPLACED_LATER.sub(_JOINER, " ".join(text.split()))
    escaped = _MARKUP.sub(lambda match: match[0] if keep_code and match[0] == "`" else f"\\{match[0]}", line)
    return _AT_START.sub(lambda match: f"\\{match[0]}" if not match[0].isdigit() else f"{match[0]}{_JOINER}", escaped)


def figure_text(text: str) -> str:
    """Return the text escaped for a figure. Plotly reads some HTML tags, formulas between $ and fields in %{...}.

    >>> figure_text("<b>$x$</b>")
    '&lt;b&gt;&#36;x&#36;&lt;/b&gt;'
    """
    escaped = html.escape(" ".join(text.split()), quote=False)
    return escaped.replace("$", "&#36;").replace("{", "&#123;")
