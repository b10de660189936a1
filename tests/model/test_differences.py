"""What sets a group apart: planted differences are found, none are found where none are."""

import numpy as np
import pandas as pd
import pytest

from data_pipeline.spectra import Spectrum
from model.analysis.differences import differences
from model.analysis.line_strengths import band_index, equivalent_width, rest_pixels

N = 400


def table(seed: int = 1) -> tuple[pd.DataFrame, np.ndarray]:
    """Ten columns of noise, two of which the first quarter of the stars differs in."""
    rng = np.random.default_rng(seed)
    group = np.arange(N) < N // 4
    values = pd.DataFrame({f"noise_{i}": rng.normal(size=N) for i in range(8)})
    values["shifted"] = rng.normal(size=N) + 2 * group
    values["fainter"] = rng.lognormal(size=N) / (1 + 2 * group)
    values.loc[::7, "shifted"] = np.nan
    values["never"] = np.nan
    return values, group


def test_planted_differences_come_first_and_are_sure() -> None:
    values, group = table()
    found = differences(values, group, ~group)
    assert found.table["column"].head(2).tolist() == ["shifted", "fainter"]
    assert found.table["auc"][0] > 0.9
    assert found.table["auc"][1] < 0.3
    assert (found.table["p"].head(2) < 1e-6).all()
    assert (found.table["p"].iloc[2:] > 0.01).all()
    assert found.table["n_group"][0] == values.loc[group, "shifted"].notna().sum()
    assert "never" not in set(found.table["column"])
    assert found.together is not None
    assert found.together.auc > 0.9
    assert found.together.columns[0] == "shifted"


def test_groups_that_do_not_differ_score_half() -> None:
    values, _ = table()
    group = np.random.default_rng(5).permutation(N) < 100
    found = differences(values, group, ~group)
    assert found.together is not None
    assert abs(found.together.auc - 0.5) < 0.15
    assert found.table["p"].min() > 0.01


def test_too_few_stars_say_nothing() -> None:
    values, _ = table()
    found = differences(values, np.arange(N) < 3, np.arange(N) >= 3)
    assert found.together is None
    assert len(found.table) == 0


def pixels(depth: float) -> tuple[np.ndarray, np.ndarray]:
    """A sloped continuum with a Gaussian line at 6000 Å and a band from 7000 Å on."""
    wavelength = np.arange(5500.0, 7500.0)
    flux = 2 + (wavelength - 6000) / 4000
    flux *= 1 - depth * np.exp(-0.5 * ((wavelength - 6000) / 3) ** 2)
    flux[wavelength > 7000] *= 0.6
    mask = np.arange(flux.size) % 50 == 7
    flux[mask] = 1e3
    return rest_pixels(Spectrum(1, wavelength, flux, np.full(flux.size, 0.01), mask))


def test_strengths_of_lines_and_bands_are_what_was_drawn() -> None:
    area = np.sqrt(2 * np.pi) * 3  # of a Gaussian of unit depth [Å]
    for depth in (0.5, -0.8):
        assert equivalent_width(*pixels(depth), 6000.0) == pytest.approx(depth * area, rel=0.05)
    assert equivalent_width(*pixels(0.0), 6000.0) == pytest.approx(0, abs=0.05)
    assert band_index(*pixels(0.0), 7000.0) == pytest.approx(0.4, abs=0.02)
    assert np.isnan(equivalent_width(*pixels(0.5), 5510.0))
    assert np.isnan(band_index(*pixels(0.5), 7496.0))
