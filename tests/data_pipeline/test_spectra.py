"""Spectra refuse disordered grids; resampling keeps to good pixels; air and vacuum agree."""

import numpy as np
import pytest

from data_pipeline.errors import InputError
from data_pipeline.spectra import Spectrum, air_to_vacuum, resample, vacuum_to_air


def spectrum(wavelength: np.ndarray, flux: np.ndarray, **others: object) -> Spectrum:
    n = len(wavelength)
    given = {"flux_err": np.full(n, 0.1), "mask": np.zeros(n, bool), **others}
    return Spectrum(1, wavelength, flux, **given)  # type: ignore[arg-type]


def test_lengths_must_agree() -> None:
    with pytest.raises(InputError, match=r"wavelength \(3,\), flux \(2,\)"):
        spectrum(np.arange(3.0), np.ones(2))


@pytest.mark.parametrize("grid", [[2.0, 1.0], [1.0, 1.0], [1.0, np.nan], [np.nan, 1.0]])
def test_wavelengths_must_increase(grid: list[float]) -> None:
    with pytest.raises(InputError, match="finite and strictly increasing"):
        spectrum(np.array(grid), np.ones(2))


def test_resampling_is_linear_and_marks_what_it_does_not_know() -> None:
    grid = np.arange(4000.0, 4010.0)
    mask = grid == 4005.0
    flux, err, bad = resample(spectrum(grid, 2.0 * grid, mask=mask), [3999.0, 4000.5, 4004.5, 4008])
    np.testing.assert_allclose(flux, [np.nan, 8001.0, np.nan, 8016.0])
    np.testing.assert_allclose(err, [np.nan, 0.1, np.nan, 0.1], rtol=1e-6)
    assert bad.tolist() == [True, False, True, False]


def test_empty_spectrum_resamples_to_nothing() -> None:
    flux, _, bad = resample(spectrum(np.empty(0), np.empty(0)), [4000.0, 5000.0])
    assert np.isnan(flux).all()
    assert bad.all()


def test_rest_frame_takes_the_velocity_out_once() -> None:
    moved = spectrum(np.array([6564.6, 6565.0]), np.ones(2), radial_velocity_km_s=299.792458)
    rest = moved.rest_frame()
    np.testing.assert_allclose(rest.wavelength[0], 6564.6 / 1.001)
    assert rest.rest_frame() is rest


def test_air_and_vacuum_match_known_lines_and_each_other() -> None:
    air = np.array([4861.333, 6562.801])  # Hβ and Hα
    np.testing.assert_allclose(air_to_vacuum(air), [4862.691, 6564.614], atol=0.01)
    np.testing.assert_allclose(vacuum_to_air(air_to_vacuum(air)), air, rtol=1e-12)
