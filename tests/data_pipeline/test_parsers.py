"""Made-up inputs (hypothesis): what is written is read back, and rubbish ends in a message."""

import string
from pathlib import Path

import numpy as np
import pandas as pd
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from data_pipeline.cleaning import REPEATED, camera_offsets, clean
from data_pipeline.config_tables import SpectraConfig
from data_pipeline.errors import InputError
from data_pipeline.features.folded import string_length
from data_pipeline.gaia_ids import gaia_ids
from data_pipeline.light_curves import LightCurve
from data_pipeline.sources import asassn_curves
from data_pipeline.sources.spectrum_files import SpectrumReader
from data_pipeline.sources.tables import read_table

from .test_source_asassn import G_DAT, PAGE, STAR, V_DAT
from .test_source_spectra import new_layout, old_layout

quick = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)
numbers = st.floats(-1e6, 1e6, width=32)
words = st.text(string.ascii_letters + "+-_.", min_size=1, max_size=12).filter(
    lambda word: (
        word.lower() not in ("nan", "null", "none", "na", "inf", "infinity", "-", "--")
        and word.strip("+-._").lower() not in ("nan", "inf", "infinity", "")
        and not word.startswith(("-.", "--", "..", "+"))
        and word not in ("...", "---")
    )
)


@quick
@given(
    rows=st.lists(st.tuples(words, numbers, st.integers(0, 2**62)), min_size=1, max_size=20),
    separator=st.sampled_from([",", "|", ";", "\t", " "]),
    newline=st.sampled_from(["\n", "\r\n"]),
    comment=st.booleans(),
)
def test_text_tables_are_read_back(
    rows: list[tuple[str, float, int]], separator: str, newline: str, comment: bool
) -> None:
    lines = ["# made up"] * comment + [separator.join(["name", "value", "id"])]
    lines += [separator.join([name, repr(float(value)), str(one)]) for name, value, one in rows]
    table = read_table(Path("t.txt"), text=["id", "name"], data=newline.join(lines).encode())
    assert table["name"].tolist() == [name for name, _, _ in rows]
    assert table["id"].tolist() == [str(one) for _, _, one in rows]  # digit by digit
    np.testing.assert_array_equal(table["value"].astype(float), [value for _, value, _ in rows])


@quick
@given(data=st.binary(max_size=400), name=st.sampled_from(["t.csv", "t.dat", "t.fits", "t.vot"]))
@example(data=b"\x1f\x8b\x08\x00", name="t.csv")
@example(data=b"PAR1PAR1", name="t.csv")
@example(data=b"SIMPLE  =", name="t.csv")
def test_rubbish_is_a_table_or_a_message(data: bytes, name: str) -> None:
    told = name
    try:
        read_table(Path(name), data=data)
    except InputError as error:
        told = str(error)
    assert name in told


@quick
@given(
    start=st.sampled_from([V_DAT, G_DAT, PAGE]),
    place=st.integers(0, 200), noise=st.text(max_size=6),
)  # fmt: skip
def test_damaged_asassn_files_are_read_or_refused(start: str, place: int, noise: str) -> None:
    text = start[:place] + noise + start[place + len(noise) :]
    notes: list[str] = []
    try:
        curve = asassn_curves.parse(Path("x.dat"), text.encode(), STAR, notes.append)
    except InputError:
        return
    assert np.isfinite(curve.time).all()
    lines = [line for line in text.splitlines() if line.strip()]
    assert len(curve) <= len(lines)


@quick
@given(
    layout=st.sampled_from([old_layout(), new_layout()]),
    places=st.lists(st.tuples(st.integers(0, 9000), st.integers(0, 255)), max_size=8),
    cut=st.integers(0, 12000),
)
def test_damaged_fits_spectra_are_read_or_refused(
    layout: bytes, places: list[tuple[int, int]], cut: int
) -> None:
    data = bytearray(layout)
    for place, value in places:
        if place < len(data):
            data[place] = value
    try:
        spectrum = SpectrumReader(SpectraConfig()).from_bytes(Path("x"), bytes(data[:cut]))
    except (ValueError, KeyError, IndexError, TypeError, OSError):
        return  # the reader of all spectra turns these into an entry of the account
    assert len(spectrum.flux) == len(spectrum.wavelength)
    assert (spectrum.flux_err[spectrum.good & np.isfinite(spectrum.flux_err)] >= 0).all()


@quick
@given(
    st.lists(st.integers(0, 2**63 - 1), max_size=20), st.sampled_from(["", "EDR3 ", "Gaia DR3 "])
)
def test_gaia_ids_survive_to_the_last_digit(ids: list[int], prefix: str) -> None:
    digits, _ = gaia_ids(pd.Series([f"{prefix}{one}" for one in ids], dtype="str"))
    assert [int(one) for one in digits] == ids


curves = st.lists(
    st.tuples(
        st.floats(0, 1e4), st.one_of(numbers, st.just(np.nan), st.just(np.inf)),
        st.one_of(st.floats(-1, 1, width=32), st.just(np.nan)),
    ),
    max_size=40,
)  # fmt: skip


@quick
@given(curves)
def test_cleaning_drops_no_point_and_is_done_once(points: list[tuple[float, float, float]]) -> None:
    time, mag, err = np.array(points, dtype=float).reshape(-1, 3).T
    once = clean(LightCurve.from_mag(time, mag, err))
    assert len(once) == len(points)
    assert (np.diff(once.time) >= 0).all()
    assert not np.isinf(once.mag).any()
    twice = clean(once)
    np.testing.assert_array_equal(once.quality, twice.quality)
    unique = {(t, np.float32(m).tobytes(), np.float32(0).tobytes()) for t, m, _ in points}
    assert (once.quality & REPEATED == 0).sum() == len(unique)


def lafler_kinman(time: np.ndarray, mag: np.ndarray, period: float) -> float:
    """Clarke (2002) eq. 9, written as it stands there, point by point."""
    phases = sorted((t / period % 1.0, i) for i, t in enumerate(time))
    order = [i for _, i in phases]
    total = 0.0
    for here, there in zip(order, order[1:] + order[:1], strict=True):
        total += (mag[there] - mag[here]) ** 2
    spread = sum((m - sum(mag) / len(mag)) ** 2 for m in mag)
    return total / spread * (len(mag) - 1) / (2 * len(mag))


@quick
@given(st.integers(3, 60), st.floats(0.1, 50.0), st.integers(0, 1000))
def test_string_length_agrees_with_its_formula(n: int, period: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    time, mag = np.sort(rng.uniform(0, 100, n)), rng.normal(12, 1, n)
    np.testing.assert_allclose(
        string_length(time, mag, period), lafler_kinman(time, mag, period), rtol=1e-9
    )


@quick
@given(st.integers(0, 1000), st.floats(-0.2, 0.2), st.floats(-0.2, 0.2))
def test_camera_offsets_are_found_under_a_variable_star(seed: int, b: float, c: float) -> None:
    rng = np.random.default_rng(seed)
    night = rng.integers(0, 200, 900)
    camera = np.array(["ba", "bb", "bc"])[rng.integers(0, 3, 900)]
    planted = {"ba": 0.0, "bb": b, "bc": c}
    mag = 12 + 0.5 * np.sin(night / 30.0) + [planted[one] for one in camera]
    found = camera_offsets(night + rng.uniform(0, 0.3, 900), mag + rng.normal(0, 0.01, 900), camera)
    difference = {one: found[one] - found["ba"] for one in planted}
    np.testing.assert_allclose([difference[one] for one in planted], [0.0, b, c], atol=0.01)
