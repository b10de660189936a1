"""Light-curve shapes: eclipses by geometry, pulsators by their rise, Miras by their range."""

import numpy as np
import pytest

from data_pipeline.demo.binaries import Binary, draw_binary, eclipse_magnitude
from data_pipeline.demo.cadence import field_visits, observe
from data_pipeline.demo.classes import KINDS, Kind
from data_pipeline.demo.physics import draw_star
from data_pipeline.demo.pulsation import fourier_shape
from data_pipeline.demo.shapes import relative_magnitude

PHASE = np.linspace(0.0, 1.0, 400, endpoint=False)


def kind(label: str, subtype: str = "") -> Kind:
    return next(k for k in KINDS if k.label == label and subtype in ("", k.subtype))


def pair(radius1: float, radius2: float, **changes: float) -> Binary:
    values = {"log_period": 0.0, "radius1": radius1, "radius2": radius2, "temperature_ratio": 0.8,
              "cos_i": 0.0, "eccentricity": 0.0, "omega": 0.0, "oconnell": 0.0, "light2": 0.25,
              "velocity_km_s": 100.0, **changes}  # fmt: skip
    return Binary(**values)


def test_a_detached_binary_is_flat_between_its_eclipses():
    magnitude = eclipse_magnitude(pair(0.08, 0.06), PHASE)
    between = magnitude[(PHASE > 0.1) & (PHASE < 0.4)]
    assert np.ptp(between) < 0.01
    assert magnitude.argmax() == 0
    assert magnitude[0] > magnitude[200] > 0.05


def test_the_light_curve_gets_rounder_as_the_stars_grow():
    def flat_share(radius: float) -> float:
        magnitude = eclipse_magnitude(pair(radius, radius), PHASE)
        return float((magnitude < magnitude.min() + 0.03).mean())

    shares = [flat_share(radius) for radius in (0.10, 0.20, 0.30, 0.38)]
    assert shares == sorted(shares, reverse=True)
    assert shares[0] > 0.55 > 0.4 > shares[-1]


def test_an_eccentric_orbit_moves_the_secondary_eclipse():
    magnitude = eclipse_magnitude(pair(0.1, 0.08, eccentricity=0.4, omega=0.0), PHASE)
    secondary = PHASE[np.where((PHASE > 0.15) & (PHASE < 0.85), magnitude, -9).argmax()]
    assert abs(secondary - 0.5) > 0.1


@pytest.mark.parametrize(("label", "low", "high"), [("EW", 0.21, 0.9), ("EA", 0.3, 70.0)])
def test_binary_periods_follow_from_the_geometry(label, low, high):
    rng = np.random.default_rng(1)
    which = kind(label)
    bounds = which.log_period[2:]
    for _ in range(50):
        binary = draw_binary(label, which.subtype, 6000.0, bounds, rng)
        assert low < 10**binary.log_period < high


def test_fourier_shapes_have_unit_range_and_maximum_at_phase_zero():
    shape = fourier_shape([0.45, 0.3], [2.4, 5.1])
    magnitude = shape(PHASE)
    assert np.ptp(magnitude) == pytest.approx(1.0, abs=0.01)
    assert min(magnitude.argmin(), PHASE.size - magnitude.argmin()) <= 4


def test_fundamental_rr_lyrae_rise_faster_than_they_fade():
    rng = np.random.default_rng(2)
    for _ in range(20):
        star = draw_star(kind("RRAB"), rng)
        time = star.t0 + PHASE * star.period_days
        magnitude = relative_magnitude(star, time, np.random.default_rng(3))
        rise = 1.0 - PHASE[magnitude.argmax()]
        assert 0.05 < rise < 0.45


def test_miras_change_by_magnitudes_and_not_the_same_way_every_cycle():
    star = draw_star(kind("M", "M-type"), np.random.default_rng(4))
    time = np.linspace(2456600.0, 2458400.0, 3000)
    magnitude = relative_magnitude(star, time, np.random.default_rng(5))
    assert np.ptp(magnitude) > 1.5
    cycles = [magnitude[np.abs(time - t) < star.period_days / 2].min()
              for t in time[0] + star.period_days * np.arange(1, 5)]  # fmt: skip
    assert np.std(cycles) > 0.02


@pytest.mark.parametrize("which", KINDS, ids=lambda k: f"{k.label} {k.subtype}")
def test_every_kind_gives_finite_light(which):
    rng = np.random.default_rng(6)
    star = draw_star(which, rng)
    time, camera, sky = field_visits(star.place, seed=1)
    magnitude = star.v_mag + relative_magnitude(star, time, rng)
    curve = observe(time, magnitude, camera, sky, rng)
    assert np.isfinite(curve.flux).all()
    assert np.isfinite(curve.mag).all()
    assert 9.0 < star.v_mag < 18.5
    assert 0.0 <= star.place.a_v < 12.0
    assert -90.0 <= star.place.dec_deg <= 90.0


def test_stars_of_one_field_share_their_visits():
    star = draw_star(kind("EW"), np.random.default_rng(7))
    first, second = field_visits(star.place, seed=1), field_visits(star.place, seed=1)
    assert np.array_equal(first[0], second[0])
    assert not np.array_equal(first[0], field_visits(star.place, seed=2)[0])


def test_noise_grows_towards_faint_stars():
    rng = np.random.default_rng(9)
    time = np.linspace(0.0, 1000.0, 400)
    camera, sky = np.full(400, "ba"), np.ones(400)
    errors = [float(np.nanmedian(observe(time, np.full(400, v), camera, sky, rng).mag_err))
              for v in (12.0, 14.0, 16.0)]  # fmt: skip
    assert errors == sorted(errors)
    assert errors[0] < 0.03
    assert errors[2] > 0.05
