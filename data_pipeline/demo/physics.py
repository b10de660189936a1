"""Draw one star: temperature, luminosity, period, place, and the parameters of its variability.

Everything observed later (light curve, spectrum, catalog row) is computed from the `Star` made
here; nothing is drawn from the class label again.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from data_pipeline.demo.binaries import Binary, draw_binary
from data_pipeline.demo.classes import Kind
from data_pipeline.demo.relations import bolometric_magnitude, colors, main_sequence_mv
from data_pipeline.demo.sky import Place, place_star

SUN_BOLOMETRIC = 4.74
IMPOSTORS = ("galaxy", "quasar", "cataclysmic")


@dataclass(frozen=True)
class Star:
    """The physical truth about one simulated star."""

    kind: Kind
    period_days: float
    temperature_k: float
    absolute_v: float
    feh: float
    amplitude: float
    """Peak to peak in V, mag; of the whole light curve where it is irregular."""
    place: Place
    t0: float
    """Time of phase zero (maximum light of pulsators, primary minimum of binaries), HJD."""
    vsini_km_s: float
    activity: float
    dust: float
    """K-W3 excess in mag."""
    binary: Binary | None = None
    anomalies: tuple[str, ...] = field(default=())
    """What was planted in this star; see `faults`."""

    @property
    def v_mag(self) -> float:
        """Mean apparent V magnitude."""
        return self.absolute_v + 5.0 * np.log10(self.place.distance_pc / 10.0) + self.place.a_v

    @property
    def impostor(self) -> str:
        """What stands in the star's place as a complete outlier (see `impostors`), or nothing."""
        return next((name for name in self.anomalies if name in IMPOSTORS), "")

    @property
    def luminosity(self) -> float:
        """Bolometric luminosity in solar units."""
        kind = self.kind
        m_bol = bolometric_magnitude(
            self.absolute_v, self.temperature_k, kind.is_giant, kind.is_carbon
        )
        return float(10.0 ** (-0.4 * (m_bol - SUN_BOLOMETRIC)))


def truncated_normal(
    rng: np.random.Generator, center: float, sigma: float, low: float, high: float
) -> float:
    """One normal deviate between `low` and `high`, by rejection."""
    for value in rng.normal(center, sigma, 60):
        if low <= value <= high:
            return float(value)
    return float(np.clip(center, low, high))


def draw_star(kind: Kind, rng: np.random.Generator, anomalies: tuple[str, ...] = ()) -> Star:
    """Draw one star of a kind."""
    feh = float(np.clip(rng.normal(*kind.feh), -2.6, 0.5))
    center, sigma, low, high = kind.log_period
    log_period = truncated_normal(rng, center, sigma, low, high)
    t_center, t_slope, t_sigma, t_low, t_high = kind.temperature
    t_mean = t_center + t_slope * (log_period - center)
    temperature = truncated_normal(rng, t_mean, t_sigma, t_low, t_high)
    binary = None
    if kind.shape == "eclipse":
        binary = draw_binary(kind.label, kind.subtype, temperature, (low, high), rng)
        log_period = binary.log_period
    absolute_v = _absolute_v(kind, log_period, temperature, feh, rng)
    median, dex, a_low, a_high = kind.amplitude
    amplitude = 10.0 ** truncated_normal(rng, np.log10(median), dex, np.log10(a_low),
                                         np.log10(a_high))  # fmt: skip
    period = 10.0**log_period
    return Star(
        kind=kind,
        period_days=period,
        temperature_k=temperature,
        absolute_v=absolute_v,
        feh=feh,
        amplitude=_linked_amplitude(kind, log_period, amplitude),
        place=place_star(absolute_v, kind.population, rng),
        t0=2456800.0 + rng.uniform(0.0, period),
        vsini_km_s=_rotation(kind, period, temperature, rng),
        activity=kind.activity * float(np.exp(rng.normal(0.0, 0.6))),
        dust=kind.dust * float(np.exp(rng.normal(0.0, 0.5))),
        binary=binary,
        anomalies=anomalies,
    )


def _absolute_v(
    kind: Kind, log_period: float, temperature: float, feh: float, rng: np.random.Generator
) -> float:
    relation, zero, slope, sigma = kind.absolute
    scatter = rng.normal(0.0, sigma)
    if relation == "ms":
        return float(main_sequence_mv(temperature)) + zero + scatter
    magnitude = zero + slope * (log_period - kind.log_period[0]) + scatter
    if relation == "V":
        metals = 0.34 * (feh + 1.5) if kind.shape in ("rrab", "rrc", "rrd") else 0.0
        return magnitude + metals
    return magnitude - colors(temperature, kind.is_giant, kind.is_carbon)["K"]


def _linked_amplitude(kind: Kind, log_period: float, amplitude: float) -> float:
    """Amplitude after its relation with the period: RRab shrink, Miras and SR grow with it."""
    slope = {"rrab": -3.0, "mira": 0.5, "semiregular": 0.55}.get(kind.shape, 0.0)
    linked = amplitude * 10.0 ** (slope * (log_period - kind.log_period[0]))
    return float(np.clip(linked, kind.amplitude[2], kind.amplitude[3]))


def _rotation(kind: Kind, period: float, temperature: float, rng: np.random.Generator) -> float:
    """Projected rotation velocity in km/s."""
    sin_i = np.sqrt(1.0 - rng.uniform(0.0, 1.0) ** 2)
    if kind.shape in ("eclipse", "spots") and not kind.is_giant:
        radius = max(0.3, (temperature / 5770.0) ** 1.3)  # solar radii of a dwarf
        return float(np.clip(50.6 * radius / period * sin_i, 2.0, 280.0))
    if kind.shape == "spots":
        return float(np.clip(50.6 * 9.0 / period * sin_i, 3.0, 90.0))
    return float({"dsct": 90.0, "irregular": 40.0}.get(kind.shape, 12.0) * rng.uniform(0.3, 1.7))
