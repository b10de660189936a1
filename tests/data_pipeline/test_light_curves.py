"""Light curves refuse what would be silently wrong; folding and binning are exact."""

import numpy as np
import pytest

from data_pipeline.errors import InputError
from data_pipeline.light_curves import LightCurve, bin_phase, phase_fold


def test_absent_quantities_are_nan_and_times_keep_their_digits() -> None:
    time = np.array([2459000.123456, 2459000.123457])
    curve = LightCurve.from_mag(time, [12.0, 12.1], [0.1, 0.1])
    assert curve.time.dtype == np.float64
    assert np.diff(curve.time)[0] > 0
    assert np.isnan(curve.flux).all()
    assert curve.bands == ("V",)
    assert curve.camera.tolist() == ["", ""]


def test_lengths_must_agree() -> None:
    with pytest.raises(
        InputError, match=r"arrays of one equal length, found time \(3,\).*mag \(2,\)"
    ):
        LightCurve.from_mag([1, 2, 3], [12.0, 12.1], 0.1)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_times_must_be_finite(bad: float) -> None:
    with pytest.raises(InputError, match="1 of 3 times are NaN or infinite"):
        LightCurve.from_flux([1.0, bad, 3.0], 1.0, 0.1)


def test_good_points_are_unflagged_measured_detections() -> None:
    curve = LightCurve.from_mag(
        np.arange(4), [12.0, np.nan, 13.0, 12.5], 0.1,
        is_upper_limit=[False, False, True, False], quality=[0, 0, 0, 4],
    )  # fmt: skip
    assert curve.good.tolist() == [True, False, False, False]


def test_select_takes_masks_and_indices() -> None:
    curve = LightCurve.from_mag([1, 2, 3], [12.0, 13.0, 14.0], 0.1, band=["g", "V", "g"])
    assert curve.in_band("g").mag.tolist() == [12.0, 14.0]
    assert curve.select(np.array([2, 0])).time.tolist() == [3.0, 1.0]
    assert len(curve.in_band("i")) == 0


def test_phase_lies_in_the_half_open_cycle() -> None:
    phase = phase_fold([-1e-17, 0.0, 0.25, 0.5, 1.75], 0.5, t0=0.0)
    assert ((phase >= 0) & (phase < 1)).all()
    np.testing.assert_allclose(phase[1:], [0.0, 0.5, 0.0, 0.5])


@pytest.mark.parametrize("period", [0.0, -1.0, np.nan])
def test_period_must_be_positive(period: float) -> None:
    with pytest.raises(InputError, match="must be a positive number of days"):
        phase_fold([1.0], period)


def test_bins_average_and_say_how_well() -> None:
    phase = [0.1, 0.2, 0.6, 0.9, 1.1]
    mean, err, count = bin_phase(phase, [1.0, 3.0, 5.0, np.nan, 2.0], 2)
    np.testing.assert_allclose(mean, [2.0, 5.0])
    np.testing.assert_allclose(err, [1.0 / np.sqrt(3), np.nan])
    assert count.tolist() == [3, 1]


def test_bins_weight_by_the_errors() -> None:
    mean, err, count = bin_phase([0.1, 0.2], [0.0, 3.0], 4, err=[1.0, 0.5])
    np.testing.assert_allclose(mean, [2.4, np.nan, np.nan, np.nan])
    np.testing.assert_allclose(err, [5**-0.5, np.nan, np.nan, np.nan])
    assert count.tolist() == [2, 0, 0, 0]
