from fleet.ledger.shared_text import SharedText


def test_an_object_is_written_once_and_an_equal_one_again():
    written = []
    text = SharedText(lambda cell: written.append(cell) or str(cell))
    cell, equal = [1], [1]
    assert [text(cell), text(cell), text(equal)] == ["[1]"] * 3
    assert len(written) == 2


def test_a_cell_that_nobody_else_keeps_does_not_lend_its_id_to_a_later_one():
    text = SharedText(str)
    assert [text([number]) for number in range(100)] == [f"[{number}]" for number in range(100)]
