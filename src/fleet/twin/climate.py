"""What the twin knows of the weather at one place: a table, small enough to read."""

from dataclasses import dataclass

Monthly = tuple[float, ...]

# Memories of the random part: an anomaly of memory m is down to 1/e of itself after m hours. Powers of three, from
# gusts over fronts (a day) and blocking highs (ten days) to a season that is warmer than usual.
MEMORIES_H = (1.0, 3.0, 9.0, 27.0, 81.0, 243.0, 729.0, 2_187.0)
DAY_HARMONICS = 3


@dataclass(frozen=True, kw_only=True)
class RegularDay:
    """The mean by month and hour: harmonics of the local solar day, January to December.

    cosine, sine: the first harmonic [quantity's unit], then those that repeat twice and three times a day.
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
    """Shares of the variance at MEMORIES_H.

    steady: of anomalies all around the clock. swing: of days that are more or less pronounced than the regular one.
    Together they add up to one.
    """

    steady: tuple[float, ...]
    swing: tuple[float, ...]


@dataclass(frozen=True, kw_only=True)
class Anomaly:
    """The random part around the regular day, beside the spells.

    sd: spread, per month.
    night_sd: extra spread at midnight, relative; as much is missing at noon. dusk_sd: the same at 18 h against 6 h.
    skew: asymmetry, per month, in (-1, 1); below zero the lower tail is the longer one.
    highest_k, lowest_k: departures from the regular day, spells included, towards which the largest bend, per month:
        no air is warmer, colder, moister or drier than where it comes from.
    january, july: how long anomalies last then; a cosine leads from one to the other.
    volatility: spread of the logarithm of the scale of memories under half a day, from one few days to the next.
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
    """Weather of a kind that comes, lasts and goes; its sizes are means over spells.

    per_year: how many, of which `months` says when: twelve shares that add up to one.
    onset_h, lasting_h, decay_h: hours to build up, to stay (a mean), and to fade to 1/e.
    temperature_k, dew_point_k: at its height. wind: relative gain. cloud: in standard deviations of cloudiness.
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
    """The kinds of spell; one that a climate does not know has none per year.

    heat_wave, cold_outbreak: days to weeks of it. humid_surge: days that are moister than the season, whichever it is.
    cold_front: air that falls by degrees within hours, with gusts. warm_front: air that rises as fast.
    """

    heat_wave: Spell
    cold_outbreak: Spell
    humid_surge: Spell
    cold_front: Spell
    warm_front: Spell


@dataclass(frozen=True, kw_only=True)
class WindClimate:
    """Speed [m/s]: a regular day, around which it is Weibull with this shape."""

    regular: RegularDay
    shape: float
    memory: tuple[float, ...]


@dataclass(frozen=True, kw_only=True)
class Cloud:
    """Cloud cover, a share of the sky: the normal integral of `level` plus `spread` standard deviations.

    A spread above one makes skies that are mostly clear or mostly covered.
    """

    level: Monthly
    spread: float
    memory: tuple[float, ...]


@dataclass(frozen=True, kw_only=True)
class Pressure:
    """Spread around the pressure of the altitude, relative, per month."""

    sd_fraction: Monthly
    memory: tuple[float, ...]


@dataclass(frozen=True, kw_only=True)
class Coupling:
    """Correlation of standard anomalies at equal memory, per month, of the first with the second."""

    dew_point_temperature: Monthly
    cloud_dew_point: Monthly
    wind_temperature: Monthly
    pressure_wind: Monthly
    swing_cloud: Monthly


@dataclass(frozen=True, kw_only=True)
class Climate:
    """The weather at a place. `muggiest_c`: wet bulb that no air passes there, whatever the month."""

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
