"""The fitted grids, one table per grid."""

from collections.abc import Mapping

from fleet.twin.grid.mix import Demand, Exchange, GridMix, Hydro, IntensitySpread, Market, Thermal, WindFarms

# Carbon is fitted to the life-cycle intensities of 2022 from Electricity Maps: mean, standard deviation, tails, hours
# of the day, memory and day-ahead persistence, and months where they are published. The fit used the observed weather
# of Phoenix and Cheyenne 2017-18, and for Ireland wind with the memory of a grid cell in London. Demand as a function
# of temperature is from Tucson 2023-24 and Ireland 2018-21. Irish wind generation of 2018-21 gave the Irish wind its
# distribution and memory.
#
# Assumed: the sizes of the grids, demand in the mountains, plants by kind beyond what the fit determines, and prices
# (the levels of Palo Verde, the Irish market and the mountains). The plants of "wacm" are old, lie at altitude and burn
# sub-bituminous coal. Coal of 820 g/kWh cannot give the 889 g/kWh observed at the 95th percentile, so the coal of
# "wacm" has 1,090 g/kWh.
GRIDS: Mapping[str, GridMix] = {
    "azps": GridMix(
        demand=Demand(
            mean_mw=3_700.0,
            by_two_hours=(0.708, 0.698, 0.736, 0.796, 0.767, 0.746, 0.772, 0.827, 0.916, 0.935, 0.868, 0.767),
            heating_below_c=16.0,
            heating_per_k=0.0163,
            cooling_above_c=24.0,
            cooling_per_k=0.0479,
            memory_h=7.0,
            weekend=0.98,
            spread=0.03,
        ),
        solar=0.249,
        wind=WindFarms(
            capacity=0.128,
            site_m_s=2.9,
            site_spread=0.4,
            smoothing_h=6.0,
            site_share=0.6,
            own_h=20.0,
            level=-0.9,
            steepness=1.2,
        ),
        hydro=Hydro(
            by_month=(0.029, 0.038, 0.077, 0.077, 0.058, 0.038, 0.029, 0.019, 0.019, 0.019, 0.019, 0.019),
            follows=0.4,
        ),
        thermal=Thermal(
            nuclear=0.164,
            coal_by_month=(0.298, 0.267, 0.204, 0.219, 0.303, 0.368, 0.366, 0.419, 0.405, 0.393, 0.387, 0.35),
            coal_least=0.45,
            coal_g_per_kwh=820.0,
            gas=0.85,
            gas_least=0.0767,
        ),
        exchange=Exchange(
            slope=0.5,
            usual=0.471,
            limit=0.06,
            import_g_per_kwh=700.0,
        ),
        spread=IntensitySpread(
            relative=0.0403,
            slow_share=0.836,
            slow_h=111.0,
            fast_h=12.0,
        ),
        market=Market(
            surplus_usd=-6.0,
            coal_usd=20.0,
            gas_usd=47.0,
            peaker_usd=90.0,
            width=0.055,
            foreign_sun=0.42,
            scarcity_usd=22.0,
            fuel_spread=0.18,
            spread=0.18,
        ),
    ),
    "ie": GridMix(
        demand=Demand(
            mean_mw=3_900.0,
            by_two_hours=(0.725, 0.69, 0.745, 0.92, 1.05, 1.09, 1.07, 1.08, 1.15, 1.08, 0.965, 0.81),
            heating_below_c=14.0,
            heating_per_k=0.013,
            cooling_above_c=22.0,
            cooling_per_k=0.004,
            memory_h=12.0,
            weekend=0.92,
            spread=0.015,
        ),
        solar=0.02,
        wind=WindFarms(
            capacity=0.861,
            site_m_s=5.2,
            site_spread=0.46,
            smoothing_h=4.88,
            site_share=0.85,
            own_h=9.16,
            level=-0.593,
            steepness=1.74,
        ),
        hydro=Hydro(
            by_month=(0.03, 0.03, 0.025, 0.02, 0.015, 0.015, 0.015, 0.015, 0.015, 0.02, 0.025, 0.03),
            follows=1.0,
        ),
        thermal=Thermal(
            nuclear=0.0,
            coal_by_month=(0.28, 0.28, 0.28, 0.28, 0.28, 0.28, 0.28, 0.28, 0.28, 0.28, 0.28, 0.28),
            coal_least=0.42,
            coal_g_per_kwh=820.0,
            gas=0.70,
            gas_least=0.05,
        ),
        exchange=Exchange(
            slope=0.232,
            usual=0.45,
            limit=0.1,
            import_g_per_kwh=300.0,
        ),
        spread=IntensitySpread(
            relative=0.0706,
            slow_share=0.7,
            slow_h=100.0,
            fast_h=10.0,
        ),
        market=Market(
            surplus_usd=-20.0,
            coal_usd=85.0,
            gas_usd=116.0,
            peaker_usd=230.0,
            width=0.07,
            foreign_sun=0.0,
            scarcity_usd=40.0,
            fuel_spread=0.18,
            spread=0.15,
        ),
    ),
    "wacm": GridMix(
        demand=Demand(
            mean_mw=3_000.0,
            by_two_hours=(0.944, 0.902, 0.892, 0.917, 0.913, 0.926, 0.937, 0.955, 0.983, 1.04, 1.04, 0.984),
            heating_below_c=14.0,
            heating_per_k=0.006,
            cooling_above_c=20.0,
            cooling_per_k=0.02,
            memory_h=7.0,
            weekend=0.97,
            spread=0.02,
        ),
        solar=0.04,
        wind=WindFarms(
            capacity=0.301,
            site_m_s=5.1,
            site_spread=0.45,
            smoothing_h=2.1,
            site_share=0.5,
            own_h=8.0,
            level=-0.556,
            steepness=1.19,
        ),
        hydro=Hydro(
            by_month=(0.09, 0.09, 0.09, 0.1, 0.13, 0.15, 0.13, 0.11, 0.09, 0.08, 0.08, 0.09),
            follows=1.88,
        ),
        thermal=Thermal(
            nuclear=0.0,
            coal_by_month=(0.672, 0.663, 0.648, 0.593, 0.571, 0.587, 0.683, 0.724, 0.727, 0.646, 0.651, 0.677),
            coal_least=0.5,
            coal_g_per_kwh=1_090.0,
            gas=0.36,
            gas_least=0.04,
        ),
        exchange=Exchange(
            slope=0.0,
            usual=0.5,
            limit=0.0,
            import_g_per_kwh=450.0,
        ),
        spread=IntensitySpread(
            relative=0.0476,
            slow_share=0.496,
            slow_h=60.0,
            fast_h=4.85,
        ),
        market=Market(
            surplus_usd=2.0,
            coal_usd=26.0,
            gas_usd=42.0,
            peaker_usd=85.0,
            width=0.08,
            foreign_sun=0.08,
            scarcity_usd=22.0,
            fuel_spread=0.18,
            spread=0.22,
        ),
    ),
}
