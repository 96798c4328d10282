"""What the commands print: names that users chose cannot change the screen."""

import pytest
from rich.text import Text

from fleet.cli import output
from fleet.cli.output import error_line, print_line, print_table, printable

ESCAPE, RIGHT_TO_LEFT = "\x1b[2J", chr(0x202E)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\x1b[2Jb", r"a\x1b[2Jb"),
        ("a\rb", r"a\rb"),
        (f"a{RIGHT_TO_LEFT}b", r"a\u202eb"),
        ("Zürich 東京", "Zürich 東京"),
        ("a\x9bb", r"a\x9bb"),
        ("a\u2028b", r"a\u2028b"),
        ("a\nb", r"a\nb"),
    ],
)
def test_control_and_bidirectional_characters_are_escaped(text, shown):
    assert printable(text) == shown


def test_tables_notes_titles_and_lines_print_no_control_character():
    name = f"job{ESCAPE}{RIGHT_TO_LEFT}"
    with output.console.capture() as capture:
        print_table(name, (name, "b"), [(name, Text(name))], note=name)
        print_line(name)
    printed = capture.get()
    assert ESCAPE not in printed
    assert RIGHT_TO_LEFT not in printed
    assert printed.count(r"\x1b") == 6  # title, heading, two cells, note, line


def test_a_heading_of_two_lines_is_printed_on_two_lines():
    with output.console.capture() as capture:
        print_table("title", ("name", "breached\n/ ran"), [("a", 1)])
    lines = capture.get().splitlines()
    assert [line for line in lines if "breached" in line] != [line for line in lines if "/ ran" in line]
    assert "\\n" not in capture.get()


def test_an_error_is_one_short_line_that_keeps_its_advice():
    line = error_line(f"x.csv:\n{'a' * 5_000}{ESCAPE}; remove the column")
    assert len(line) < 490
    assert line.startswith("x.csv: a")
    assert line.endswith(r"\x1b[2J; remove the column")


def test_a_narrow_terminal_gets_fewer_columns_and_a_line_that_names_the_others(monkeypatch):
    columns, row = ("job", "verdict", "first\nname", "reason"), ("a", "deny", "b" * 30, "c" * 40)
    for width, spare, missing in (
        (200, (), ""),
        (80, (), "reason"),
        (80, ("first\nname",), "first name"),
        (30, ("reason",), "first name, reason"),
    ):
        monkeypatch.setenv("COLUMNS", str(width))
        with output.console.capture() as capture:
            print_table("title", columns, [row], spare=spare)
        *lines, last = capture.get().splitlines()
        assert max(len(line) for line in lines) <= max(width, 0)
        assert (f"Not shown in this width: {missing}." == last) == bool(missing)


def test_sentences_that_do_not_fit_into_the_table_are_printed_below_it(monkeypatch):
    columns, rows = ("id", "job", "limit", "reason"), [("1", "a", "b" * 20, "c" * 60), ("2", "d", "b" * 20, None)]
    for width, below in (
        (200, []),
        (60, [f"a: {'c' * 60}"]),
        (30, [f"a: {'c' * 60}", "Not shown in this width: limit."]),
    ):
        monkeypatch.setenv("COLUMNS", str(width))
        with output.console.capture() as capture:
            print_table("title", columns, rows, spare=("reason",), below=("job", "reason"))
        lines = capture.get().splitlines()
        end = max(number for number, line in enumerate(lines) if line.startswith("└"))
        assert lines[end + 1 :] == below


def test_a_count_of_one_has_a_singular_word():
    assert output.counted(1, "decision", "decisions") == "1 decision"
    assert output.counted(0, "decision", "decisions") == "0 decisions"
    assert output.counted(2_000, "value is", "values are") == "2,000 values are"
