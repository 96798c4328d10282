"""What `decide`, `forecast` and `headroom` share."""

import pytest

from fleet.cli.hour_request import hour_request, naming_packaged_fleet, print_packaged_fleet, print_regions
from fleet.errors import ConfigError, DataError
from fleet.fleets import dump_fleet, load_fleet


def test_the_first_regions_are_printed_and_the_others_are_counted(capsys):
    printed = []
    print_regions([f"r{number}" for number in range(45)], printed.append)
    assert printed == [f"r{number}" for number in range(30)]
    assert "15 more regions are not printed" in " ".join(capsys.readouterr().out.split())


def test_few_regions_are_all_printed(capsys):
    printed = []
    print_regions(["a", "b"], printed.append)
    assert (printed, capsys.readouterr().out) == (["a", "b"], "")


def test_the_packaged_fleet_is_named_and_an_own_one_is_not(capsys, tmp_path):
    print_packaged_fleet(hour_request(tmp_path, None, 0.95, None), None)
    printed = " ".join(capsys.readouterr().out.split())
    assert printed.startswith("This is the packaged fleet of arizona, ireland, wyoming: there is no ")
    assert "Name yours with --fleet FILE." in printed
    path = tmp_path / "fleet.yaml"
    path.write_text(dump_fleet(load_fleet()))
    print_packaged_fleet(hour_request(tmp_path, None, 0.95, None), None)
    print_packaged_fleet(hour_request(tmp_path / "other", path, 0.95, None), path)
    assert capsys.readouterr().out == ""


def test_a_refusal_that_names_regions_says_that_they_are_of_the_packaged_fleet(tmp_path):
    with (
        pytest.raises(
            DataError, match=r"^region 'dallas' is unknown; this is the packaged fleet: name yours with --fleet"
        ),
        naming_packaged_fleet(tmp_path, None),
    ):
        raise DataError("region 'dallas' is unknown")
    with pytest.raises(ConfigError, match=r"^confidence is 2$"), naming_packaged_fleet(tmp_path, None):
        raise ConfigError("confidence is 2")
    (tmp_path / "fleet.yaml").write_text("")
    with pytest.raises(DataError, match=r"^region 'dallas' is unknown$"), naming_packaged_fleet(tmp_path, None):
        raise DataError("region 'dallas' is unknown")
