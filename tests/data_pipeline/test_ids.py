"""Identifiers are stable, whole and unique."""

import numpy as np
import pandas as pd
import pytest

from data_pipeline import ids
from data_pipeline.errors import InputError
from data_pipeline.gaia_ids import place


def test_ids_never_change() -> None:
    assert ids.stable_id("ASAS", "000053-1717.5") == 8070557051419334707
    assert ids.stable_id("ASAS", 7) == ids.stable_id("ASAS", "7")


def test_ids_fit_63_bits_and_differ_between_surveys() -> None:
    many = ids.stable_ids("a", range(2000))
    assert many.dtype == np.int64
    assert (many >= 0).all()
    assert len(np.unique(np.concatenate([many, ids.stable_ids("b", range(2000))]))) == 4000


def test_repeated_identifiers_are_refused() -> None:
    with pytest.raises(InputError, match="'x' and 'x' would share the source_id"):
        ids.stable_ids("survey", ["x", "y", "x"])


def test_collisions_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ids, "stable_id", lambda survey, one: 5)
    with pytest.raises(InputError, match="'y' and 'x' would share the source_id 5"):
        ids.stable_ids("survey", ["x", "y"])


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([4.48e18, 1.0], "float column, which cannot hold a 19-digit id"),
        (pd.Series([1, None]), "float column"),
        (["12", "13"], "must be int64, found <U2.*'12'"),
        ([], "float column"),
        ([-1, 3], "must lie in 0"),
        (np.array([2**63], dtype=np.uint64), "must lie in 0"),
    ],
)
def test_what_is_no_id_is_refused(values: object, message: str) -> None:
    with pytest.raises(InputError, match=message):
        ids.check_source_ids(values, "table")


def test_nullable_pandas_ids_are_taken_when_complete() -> None:
    big = 4481234567890123457
    assert ids.check_source_ids(pd.Series([big], dtype="Int64"), "table")[0] == big
    with pytest.raises(InputError, match="without missing values"):
        ids.check_source_ids(pd.Series([big, None], dtype="Int64"), "table")


def test_repeated_ids_are_named() -> None:
    with pytest.raises(InputError, match=r"1 source_id occur more than once \(5 ...\)"):
        ids.check_unique_ids(np.array([5, 6, 5]), "table")


def test_gaia_ids_name_a_place_as_cdshealpix_has_it() -> None:
    cdshealpix = pytest.importorskip("cdshealpix")
    pixels = np.random.default_rng(1).integers(0, 12 * 4096**2, 500)
    lon, lat = cdshealpix.healpix_to_lonlat(pixels.astype(np.uint64), 12)
    for pixel, ra, dec in zip(pixels, lon.deg, lat.deg, strict=True):
        np.testing.assert_allclose(place(int(pixel) << 35), (ra, dec), rtol=0, atol=1e-9)
