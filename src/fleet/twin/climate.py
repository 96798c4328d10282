"""The tables that describe the weather at one place.

An anomaly is a quantity minus its regular day. The random part of an anomaly is a sum of series, one for each memory in
MEMORIES_H. The autocorrelation of a series of memory m falls to about 1/e after m hours.
"""

from dataclasses import dataclass

Monthly = tuple[float, ...]

# Powers of three [h]. Gusts have a memory of about an hour, fronts of a day, blocking highs of ten days, and warm or
# cold seasons of months.
MEMORIES_H = (1.0, 3.0, 9.0, 27.0, 81.0, 243.0, 729.0, 2_187.0)
DAY_HARMONICS = 3


@dataclass(frozen=True, kw_only=True)
class RegularDay:
    """The mean of a quantity by month and hour, as harmonics of the local solar day.

    Each field has twelve values, January to December, in the unit of the quantity.

    mean: mean of the month.
    cosine, sine: first harmonic, one cycle a day.
    cosine_2, sine_2, cosine_3, sine_3: harmonics with two and three cycles a day.
    """

    mean: Monthly
    cosine: Monthly
    sine: Monthly
    cosine_2: Monthly
    sine_2: Monthly
    cosine_3: Monthly
    sine_3: Monthly


@dataclass(frozen=True, kw_only=True)
class Memory:
    """Shares of an anomaly's variance at each of MEMORIES_H. The shares of both fields add up to one.

    steady: shares of the part that is alike at every hour of the day.
    swing: shares of the part that makes the daily cycle stronger or weaker than the regular one.
    """

    steady: tuple[float, ...]
    swing: tuple[float, ...]


@dataclass(frozen=True, kw_only=True)
class Anomaly:
    """The random part of a quantity around its regular day, without the spells.

    sd: standard deviation [K], per month.
    night_sd: relative increase of the standard deviation at midnight; the decrease at noon has the same size.
    dusk_sd: relative increase of the standard deviation at 18 h; the decrease at 6 h has the same size.
    skew: asymmetry in (-1, 1), per month; with a negative skew the lower tail is the longer one.
    highest_k, lowest_k: limits [K] of the departure from the regular day, including spells, per month. Large departures
        approach a limit smoothly, because no air is warmer, colder, moister or drier than its region of origin.
    january, july: memory in these months; a cosine of the year interpolates between the two.
    volatility: the series with memories below 12 h are multiplied by a scale that changes over a few days. This is the
        standard deviation of the logarithm of the scale.
    """

    sd: Monthly
    night_sd: float
    dusk_sd: float
    skew: Monthly
    highest_k: Monthly
    lowest_k: Monthly
    january: Memory
    july: Memory
    volatility: float


@dataclass(frozen=True, kw_only=True)
class Spell:
    """One kind of weather event, such as a heat wave. The effects are means over events at their full height.

    per_year: mean number of events per year.
    months: share of the events in each month; twelve values that add up to one.
    onset_h: hours from the start to the full height.
    lasting_h: mean number of hours at the full height.
    decay_h: hours in which the height then falls to 1/e.
    temperature_k, dew_point_k: effect [K].
    wind: relative change of the wind speed.
    cloud: change of cloudiness [standard deviations].
    """

    per_year: float
    months: Monthly
    onset_h: float
    lasting_h: float
    decay_h: float
    temperature_k: float
    dew_point_k: float
    wind: float
    cloud: float


@dataclass(frozen=True, kw_only=True)
class Spells:
    """All kinds of spell of a climate. A kind that does not occur in a climate has `per_year` 0.

    heat_wave, cold_outbreak: warm or cold air that stays for days to weeks.
    humid_surge: days that are moister than usual for the season.
    cold_front: a fall of the temperature within hours, with gusts.
    warm_front: a rise of the temperature within hours.
    """

    heat_wave: Spell
    cold_outbreak: Spell
    humid_surge: Spell
    cold_front: Spell
    warm_front: Spell


@dataclass(frozen=True, kw_only=True)
class WindClimate:
    """Wind speed [m/s]: a regular day times a Weibull variable of mean one.

    shape: shape parameter of the Weibull distribution.
    memory: shares of the variance at MEMORIES_H.
    """

    regular: RegularDay
    shape: float
    memory: tuple[float, ...]


@dataclass(frozen=True, kw_only=True)
class Cloud:
    """Cloud cover, a share of the sky: the normal distribution function of level + spread * standard anomaly.

    level: the argument of that function in usual weather, per month.
    spread: a value above one gives skies that are mostly clear or mostly covered.
    memory: shares of the variance at MEMORIES_H.
    """

    level: Monthly
    spread: float
    memory: tuple[float, ...]


@dataclass(frozen=True, kw_only=True)
class Pressure:
    """Variation of the pressure around the standard pressure of the altitude.

    sd_fraction: standard deviation over the standard pressure, per month.
    memory: shares of the variance at MEMORIES_H.
    """

    sd_fraction: Monthly
    memory: tuple[float, ...]


@dataclass(frozen=True, kw_only=True)
class Coupling:
    """Correlation, per month, of the standard anomalies of two quantities at the same memory.

    A field name gives the dependent quantity first. `swing` is the daily cycle of the temperature.
    """

    dew_point_temperature: Monthly
    cloud_dew_point: Monthly
    wind_temperature: Monthly
    pressure_wind: Monthly
    swing_cloud: Monthly


@dataclass(frozen=True, kw_only=True)
class Climate:
    """The weather at a place.

    muggiest_c: wet bulb [degC] that the air of the place never exceeds.
    """

    temperature: RegularDay
    temperature_anomaly: Anomaly
    dew_point: RegularDay
    dew_point_anomaly: Anomaly
    muggiest_c: float
    wind: WindClimate
    cloud: Cloud
    pressure: Pressure
    coupling: Coupling
    spells: Spells
