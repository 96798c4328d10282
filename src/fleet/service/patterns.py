"""The patterns of texts in requests, and the words for them in an error."""

HOUR = r"^\d{4}-\d{2}-\d{2}T\d{2}(:00(:00)?)?(Z|[+-]\d{2}:\d{2})?$"
HASH = "^[0-9a-f]{16}$"
VERDICT = "^(approve|deny)$"
VISIBLE = r"\S"
HEADER = "^[!-~]+$"
NUMBER = "^[0-9]{1,15}$"

WORDS = {
    HOUR: "a full hour such as 2026-07-15T12:00Z",
    HASH: "16 hexadecimal digits",
    VERDICT: "approve or deny",
    VISIBLE: "words",
    HEADER: "visible ASCII letters without spaces",
    NUMBER: "at most 15 digits",
}
