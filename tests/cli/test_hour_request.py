"""What `decide`, `forecast` and `headroom` share."""

from fleet.cli.hour_request import print_regions


def test_the_first_regions_are_printed_and_the_others_are_counted(capsys):
    printed = []
    print_regions([f"r{number}" for number in range(45)], printed.append)
    assert printed == [f"r{number}" for number in range(30)]
    assert "15 more regions are not printed" in " ".join(capsys.readouterr().out.split())


def test_few_regions_are_all_printed(capsys):
    printed = []
    print_regions(["a", "b"], printed.append)
    assert (printed, capsys.readouterr().out) == (["a", "b"], "")
