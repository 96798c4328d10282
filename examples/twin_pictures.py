"""Make the pictures and tables of docs/twin.md: python examples/twin_pictures.py OUT [--data DATA] [--into PAGE]

The script needs no data. With DATA (see examples/fit_climates.py), the picture of the climate also shows real years.
`--into` writes the tables of plants, grids and jobs between the markers of the page. The script needs the developers'
environment (`make test` makes it) and Debian's Chromium.
"""

import argparse
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import plotly.graph_objects as go
from pages import table, write_into
from playwright.sync_api import sync_playwright
from screenshots import CHROMIUM, FLAGS
from twin_figures import RealMonths, carbon_figure, climate_figure, plants_figure, week_figure
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
    """Make the twin hours, the tables and the pictures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--into", type=Path, metavar="PAGE")
    arguments = parser.parse_args()
    fleet, hours = load_fleet(), twin_hours()
    tables = {"plants": plants_table(hours), "grids": grids_table(hours), "jobs": jobs_table(hours)}
    for name, text in tables.items():
        print(f"{name}\n{text}")
        if arguments.into is not None:
            write_into(arguments.into, f"table of {name}", text)
    years = {region.id: climate_years(region) for region in fleet.regions}
    real = {} if arguments.data is None else real_months(arguments.data, fleet)
    pictures = {
        "twin_week": week_figure(fleet, hours),
        "twin_climate": climate_figure(fleet, years, real),
        "twin_plants": plants_figure(fleet, hours),
        "twin_carbon": carbon_figure(fleet, hours),
        "twin_trip": trip(fleet.regions[0]),
    }
    save_pngs(pictures, arguments.out)


def plants_table(hours: Mapping[str, Hours]) -> str:
    """Return the table that compares annual PUE and WUE with the published values."""
    header = ("", "PUE, published", "PUE, twin", "WUE, published, L/kWh", "WUE, twin, L/kWh")
    lines = []
    for region, region_hours in hours.items():
        pue, wue = annual(region_hours.operated())
        published_pue, published_wue = PLANTS[region]
        name = region_hours.region.name
        lines.append([name, f"{published_pue:g}", _range(pue, 3), f"{published_wue:g}", _range(wue, 2)])
    arizona = hours["arizona"]
    for name in CHILLERS:
        pue, wue = annual(arizona.operated(with_chillers(arizona.region, name)))
        lines.append([f"Arizona with {name}", "", _range(pue, 3), "", _range(wue, 2)])
    return f"Mean and range of {_series()}.\n\n" + table(header, lines)


def grids_table(hours: Mapping[str, Hours]) -> str:
    """Return the table that compares the carbon of each grid with the published values."""
    header = (
        "carbon, g/kWh",
        "mean",
        "sd",
        "5 to 95 %",
        "error of the value 24 h earlier",
        "price, USD/MWh, 5 to 95 %",
    )
    lines = []
    for region, region_hours in hours.items():
        published, values = CARBON[region], region_hours.columns["carbon_g_per_kwh"]
        low, high = np.quantile(values, (0.05, 0.95))
        price = region_hours.columns["price_usd_per_mwh"]
        low_price, high_price = np.quantile(price, (0.05, 0.95))
        cells = [f"{published.mean:.0f}", f"{published.sd:.0f}", f"{published.p5:.0f} to {published.p95:.0f}"]
        lines.append([f"{published.zone}, published, 2022", *cells, f"{published.persistence:.1f} %", ""])
        cells = [_range(values.mean(axis=1), 0), f"{values.std(axis=1).mean():.0f}", f"{low:.0f} to {high:.0f}"]
        prices = f"{price.mean():.0f}, {low_price:.0f} to {high_price:.0f}"
        lines.append([f"{published.zone}, twin", *cells, f"{persistence_pct(values):.1f} %", prices])
    return f"Twin: {_series()}; means with their range.\n\n" + table(header, lines)


def jobs_table(hours: Mapping[str, Hours]) -> str:
    """Return the table of the jobs and the base load."""
    header = ("", "installed, MW", "base load, mean, MW", "jobs a year", "energy of jobs, share of installed")
    lines = []
    for region_hours in hours.values():
        region = region_hours.region
        count, share = jobs_share(region_hours.jobs, region, len(region_hours.time_utc))
        load = region_hours.columns["it_load_mw"].mean()
        installed = f"{region.it_capacity_mw:g}"
        lines.append([region.name, installed, f"{load:.0f}", f"{count:,.0f}", f"{100 * share:.0f} %"])
    return f"Mean of {_series()}.\n\n" + table(header, lines)


def real_months(data: Path, fleet: Fleet) -> RealMonths:
    """Return real daily highs and lows by region, (year, month)."""
    regions = {region.id: region for region in fleet.regions}
    months = {}
    for region, file, read in PLACES.values():
        years = list(real_years(read(data / "weather" / file, regions[region])).values())
        months[region] = monthly({name: np.array([figures[name] for figures in years]) for name in years[0]})
    return months


def trip(region: Region) -> go.Figure:
    """Draw a loss of all cooling for three minutes, in the design hour of the plant."""
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
    # The legend has two rows at this width. The curve shows every second.
    figure.update_layout(margin={"t": 104}).update_traces(line={"simplify": False}, selector={"mode": "lines"})
    return figure


def save_pngs(pictures: Mapping[str, go.Figure], out: Path) -> None:
    """Render each figure in a browser and save it as a PNG file."""
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
