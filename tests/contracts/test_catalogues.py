"""Every method is in the catalogue of its folder, and its file has the name of its entry."""

import importlib
import inspect
import pkgutil

import pytest

from fleet import conformal, forecasting, quality, sources
from fleet.conformal import BANDS, BandMethod
from fleet.forecasting import FORECASTERS, Forecaster
from fleet.quality import RULES, Rule
from fleet.sources import SOURCES, Source


def modules_of(package):
    return [
        importlib.import_module(f"{package.__name__}.{module.name}")
        for module in pkgutil.iter_modules(package.__path__)
    ]


def methods_in(package, base):
    return {
        attribute
        for module in modules_of(package)
        for attribute in vars(module).values()
        if inspect.isclass(attribute)
        and issubclass(attribute, base)
        and attribute is not base
        and attribute.__module__ == module.__name__
        and not attribute.__name__.startswith("_")
    }


@pytest.mark.parametrize(
    ("package", "base", "catalogue"),
    [
        (forecasting, Forecaster, FORECASTERS),
        (conformal, BandMethod, BANDS),
        (quality, Rule, RULES),
        (sources, Source, SOURCES),
    ],
)
def test_every_method_is_in_its_catalogue(package, base, catalogue):
    assert methods_in(package, base) == set(catalogue.values())


@pytest.mark.parametrize("catalogue", [FORECASTERS, BANDS, SOURCES])
def test_a_method_is_in_the_file_of_its_name(catalogue):
    assert [method.__module__.rsplit(".", 1)[1] for method in catalogue.values()] == list(catalogue)


def test_a_method_without_an_entry_is_found(monkeypatch):
    unlisted = type("Unlisted", (Forecaster,), {"__module__": "fleet.forecasting.ridge"})
    monkeypatch.setattr(importlib.import_module("fleet.forecasting.ridge"), "Unlisted", unlisted, raising=False)
    assert methods_in(forecasting, Forecaster) - set(FORECASTERS.values()) == {unlisted}
