"""Raw records to the published models' inputs, against the reference's own arrays."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from data_pipeline.errors import InputError
from model.astrom3.preprocess import SEQ_LEN, photometry_input, spectrum_input

ROOT = Path(__file__).resolve().parents[2]
GOLDEN = Path(os.environ.get("ASTROM3_GOLDEN", ROOT.parent / "shared" / "golden"))
golden = pytest.mark.skipif(
    not GOLDEN.is_dir(), reason="needs the golden fixture in ASTROM3_GOLDEN or ../shared/golden"
)


@golden
@pytest.mark.parametrize("padding", ["filled", "zero"])
def test_inputs_match_the_reference(padding: str) -> None:
    raw = np.load(GOLDEN / "raw_samples.npz")
    expected = np.load(GOLDEN / "preprocessed.npz")
    key = "photometry" if padding == "filled" else "photometry_padding_all_zero"
    for i in range(8):
        tensor, mask = photometry_input(raw[f"lc_{i}"], raw["photo_cols"][i], padding)
        np.testing.assert_array_equal(mask, expected["photometry_mask"][i])
        # Rows of one epoch may stand in either order: the reference's last sort is not stable.
        order = np.lexsort((tensor[:, 1], tensor[:, 0], -mask))
        reference = expected[key][i]
        order_reference = np.lexsort((reference[:, 1], reference[:, 0], -mask))
        np.testing.assert_allclose(tensor[order], reference[order_reference], rtol=1e-6, atol=1e-7)
        np.testing.assert_allclose(
            spectrum_input(raw[f"spec_{i}"]), expected["spectra"][i], rtol=1e-6, atol=1e-6
        )


def test_short_curves_are_padded_at_the_end() -> None:
    time = np.arange(30.0)
    tensor, mask = photometry_input(np.c_[time, np.sin(time), time + 1], np.ones(4))
    assert tensor.shape == (SEQ_LEN, 9)
    assert mask.sum() == 30
    assert not tensor[30:].any()
    assert tensor[29, 0] == 1


@pytest.mark.parametrize(
    ("curve", "message"),
    [
        (np.empty((0, 3)), "has 0 rows"),
        (np.array([[1.0, 2.0, 0.1]]), "has 1 rows"),
        (np.c_[np.arange(9.0), np.ones(9), np.ones(9)], "MAD 0"),
        (np.array([[1.0, np.nan, 0.1], [2.0, 1.0, 0.1]]), "NaN"),
    ],
)
def test_undefined_curves_are_refused(curve: np.ndarray, message: str) -> None:
    with pytest.raises(InputError, match=message):
        photometry_input(curve, np.zeros(4))


def test_an_empty_spectrum_is_refused() -> None:
    wavelength = np.linspace(3800, 9100, 50)
    with pytest.raises(InputError, match="median absolute deviation, here 0"):
        spectrum_input(np.c_[wavelength, np.zeros(50), np.ones(50)])
