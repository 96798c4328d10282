"""The pictures of docs/twin.md: python examples/twin_pictures.py OUT [--data DATA] [--into PAGE]

Needs no data of others; with DATA (see examples/fit_climates.py) the climate shows the real years too. `--into` puts
the tables of plants, grids and jobs between the page's marks. Needs the developers' environment (`make test` makes it)
and Debian's Chromium.
"""

import argparse
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import plotly.graph_objects as go
from pages import table, write_into
from playwright.sync_api import sync_playwright
from screenshots import CHROMIUM, FLAGS
from twin_figures import Real, carbon_figure, climate_figure, plants_figure, week_figure
from twin_likeness import PLACES, real_years
from twin_numbers import (
    CARBON,
    CHILLERS,
    PLANTS,
    SEEDS,
    YEARS_A_SEED,
    Hours,
    annual,
    climate_years,
    jobs_share,
    monthly,
    persistence_pct,
    twin_hours,
    with_chillers,
)

from fleet.dashboard.figures import trip_figure
from fleet.domain.region import Fleet, Region
from fleet.fleets import load_fleet
from fleet.physics.trip.cooling_loss import lose_cooling
from fleet.physics.trip.episode import EVENTS
from fleet.physics.trip.room import plant_in
from fleet.twin.design_hour import design_hour

WIDTH = 1_000
SHARPNESS = 1.5
TRIP_MW, TRIP_MINUTES, TRIP_QUEUE_MW_PER_MIN = 60.0, 15, 1.0


def main() -> None:
    """Make the twin's hours, the pictures and the tables."""
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("out", type=Path)
    words.add_argument("--data", type=Path)
    words.add_argument("--into", type=Path, metavar="PAGE")
    asked = words.parse_args()
    fleet, hours = load_fleet(), twin_hours()
    tables = {"plants": plants_table(hours), "grids": grids_table(hours), "jobs": jobs_table(hours)}
    for name, text in tables.items():
        print(f"{name}\n{text}")
        if asked.into is not None:
            write_into(asked.into, f"table of {name}", text)
    years = {region.id: climate_years(region) for region in fleet.regions}
    pictures = {
        "twin_week": week_figure(fleet, hours),
        "twin_climate": climate_figure(fleet, years, {} if asked.data is None else real_months(asked.data, fleet)),
        "twin_plants": plants_figure(fleet, hours),
        "twin_carbon": carbon_figure(fleet, hours),
        "twin_trip": trip(fleet.regions[0]),
    }
    photograph(pictures, asked.out)


def plants_table(hours: Mapping[str, Hours]) -> str:
    """Annual PUE and WUE beside what was published."""
    header = ("", "PUE, published", "PUE, twin", "WUE, published, L/kWh", "WUE, twin, L/kWh")
    lines = []
    for region, own in hours.items():
        pue, wue = annual(own.operated())
        published = PLANTS[region]
        lines.append([own.region.name, f"{published[0]:g}", _range(pue, 3), f"{published[1]:g}", _range(wue, 2)])
    hot = hours["arizona"]
    for name in CHILLERS:
        pue, wue = annual(hot.operated(with_chillers(hot.region, name)))
        lines.append([f"Arizona with {name}", "", _range(pue, 3), "", _range(wue, 2)])
    return f"Mean and range of {_series()}.\n\n" + table(header, lines)


def grids_table(hours: Mapping[str, Hours]) -> str:
    """Carbon of each grid beside what was published."""
    header = ("carbon, g/kWh", "mean", "sd", "5 to 95 %", "yesterday's hour misses by", "price, USD/MWh, 5 to 95 %")
    lines = []
    for region, own in hours.items():
        known, values = CARBON[region], own.columns["carbon_g_per_kwh"]
        low, high = np.quantile(values, (0.05, 0.95))
        price = own.columns["price_usd_per_mwh"]
        cheap, dear = np.quantile(price, (0.05, 0.95))
        spread = [f"{known.mean:.0f}", f"{known.sd:.0f}", f"{known.p5:.0f} to {known.p95:.0f}"]
        lines.append([f"{known.zone}, published, 2022", *spread, f"{known.persistence:.1f} %", ""])
        spread = [_range(values.mean(axis=1), 0), f"{values.std(axis=1).mean():.0f}", f"{low:.0f} to {high:.0f}"]
        cost = f"{price.mean():.0f}, {cheap:.0f} to {dear:.0f}"
        lines.append([f"{known.zone}, twin", *spread, f"{persistence_pct(values):.1f} %", cost])
    return f"Twin: {_series()}; means with their range.\n\n" + table(header, lines)


def jobs_table(hours: Mapping[str, Hours]) -> str:
    """What the jobs are beside the base load."""
    header = ("", "installed, MW", "base load, mean, MW", "jobs a year", "their energy, share of installed")
    lines = []
    for own in hours.values():
        count, share = jobs_share(own.jobs, own.region, len(own.time_utc))
        load = own.columns["it_load_mw"].mean()
        installed = own.region.it_capacity_mw
        lines.append([own.region.name, f"{installed:g}", f"{load:.0f}", f"{count:,.0f}", f"{100 * share:.0f} %"])
    return f"Mean of {_series()}.\n\n" + table(header, lines)


def real_months(data: Path, fleet: Fleet) -> Real:
    """(year, month) real daily highs and lows by region."""
    regions = {region.id: region for region in fleet.regions}
    found = {}
    for region, file, read in PLACES.values():
        years = list(real_years(read(data / "weather" / file, regions[region])).values())
        found[region] = monthly({name: np.array([each[name] for each in years]) for name in years[0]})
    return found


def trip(region: Region) -> go.Figure:
    """All cooling lost for three minutes in the hour that the plant is designed for."""
    outdoors = design_hour(region)
    episode = lose_cooling(
        region,
        plant_in(region, np.array([outdoors.temperature_c]), np.array([outdoors.dew_point_c])),
        np.array([TRIP_MW]),
        EVENTS["pump-trip"],
        duration_s=60 * TRIP_MINUTES,
        queue_mw_per_min=TRIP_QUEUE_MW_PER_MIN,
    )
    figure = trip_figure(episode, region)
    # Two rows of legend at this width; and every second of the curve.
    figure.update_layout(margin={"t": 104}).update_traces(line={"simplify": False}, selector={"mode": "lines"})
    return figure


def photograph(pictures: Mapping[str, go.Figure], out: Path) -> None:
    """One PNG a figure."""
    out.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as browsers:
        browser = browsers.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page(device_scale_factor=SHARPNESS)
        for name, figure in pictures.items():
            figure.update_layout(width=WIDTH)
            page.set_viewport_size({"width": WIDTH, "height": figure.layout.height})
            html = figure.to_html(include_plotlyjs=True, include_mathjax=False, config={"staticPlot": True})
            page.set_content(html.replace("<body>", '<body style="margin: 0">'))
            page.locator(".main-svg").first.wait_for()
            page.screenshot(path=out / f"{name}.png")
            print(out / f"{name}.png")
        browser.close()


def _series() -> str:
    return f"{len(SEEDS)} series of {YEARS_A_SEED} years, seeds {SEEDS[0]} to {SEEDS[-1]}"


def _range(values: np.ndarray, digits: int) -> str:
    return f"{values.mean():.{digits}f} ({values.min():.{digits}f} to {values.max():.{digits}f})"


if __name__ == "__main__":
    main()
