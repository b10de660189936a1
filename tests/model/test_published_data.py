"""Both layouts of the published data: the same tensors, and what the processed one must not do."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from data_pipeline.errors import InputError
from data_pipeline.schema import PAPER_FEATURES
from model.astrom3.published_data import (
    PHOTO_COLS,
    ProcessedDataWarning,
    Standardization,
    read_processed,
    read_raw,
)

N_EPOCHS = (90, 260)


def raw_records() -> list[dict[str, Any]]:
    rng = np.random.default_rng(2)
    records = []
    for n in N_EPOCHS:
        time = 2457000.0 + np.sort(rng.uniform(0, 1400, n))
        flux = 10 + np.sin(2 * np.pi * time / 0.61)
        wavelength = 3800 * 10 ** (1e-4 * np.arange(3909))
        names = list(PAPER_FEATURES)
        rng.shuffle(names)  # the order in a record means nothing
        records.append(
            {
                "photometry": np.stack([time, flux, 0.1 + 0 * time], 1),
                "spectra": np.stack([wavelength, rng.normal(9, 1, 3909), 1 + 0 * wavelength], 1),
                "metadata": {
                    "meta_cols": {name: float(rng.uniform(1, 20)) for name in names},
                    "photo_cols": dict(zip(PHOTO_COLS, (0.4, 0.61, 0.2, 0.9), strict=True)),
                },
                "label": "RRAB",
            }
        )
    return records


@pytest.fixture
def standardization(tmp_path: Path) -> Standardization:
    names = [*PHOTO_COLS, *PAPER_FEATURES]
    content = {"all_cols": names, "mean": [1.0] * 38, "std": [2.0] * 38}
    (tmp_path / "info.json").write_text(json.dumps(content))
    return Standardization.read(tmp_path / "info.json")


def test_both_layouts_give_the_same_tensors(
    standardization: Standardization, tmp_path: Path
) -> None:
    records = raw_records()
    raw = read_raw(records, standardization)
    assert raw.inputs["photometry"].shape == (2, 200, 9)
    assert raw.inputs["photometry_mask"].sum(1).tolist() == [90, 200]
    first = records[0]["metadata"]["meta_cols"]
    expected = (first["bp_rp"] - 1) / 2
    assert raw.inputs["metadata"][0, list(PAPER_FEATURES).index("bp_rp")] == pytest.approx(expected)
    g = first["phot_g_mean_mag"] - 10 + 5 * np.log10(first["parallax"])
    assert raw.inputs["metadata"][0, 1] == pytest.approx((g - 1) / 2, rel=1e-5)
    assert raw.inputs["photometry"][0, 0, 4] == pytest.approx((np.log10(0.61) - 1) / 2)

    published = {  # uncropped rows, as the published file has them
        "photometry": [t[m > 0].tolist() for t, m in
                       zip(raw.inputs["photometry"], raw.inputs["photometry_mask"], strict=True)],
        "spectra": raw.inputs["spectra"].tolist(),
        "metadata": raw.inputs["metadata"].tolist(),
        "label": [7, 7],
    }  # fmt: skip
    pq.write_table(pa.table(published), tmp_path / "test.parquet")
    with pytest.warns(ProcessedDataWarning, match=r"no identifiers.*quarter of a day"):
        processed = read_processed([tmp_path / "test.parquet"])
    assert processed.labels == raw.labels == ("RRAB", "RRAB")
    for name, array in raw.inputs.items():
        np.testing.assert_array_equal(processed.inputs[name], array)

    assert processed.fold(0, 300.0).max() < 1
    with pytest.raises(InputError, match=r"a fold at 0\.61 d is refused.*rounded to 0.25 d"):
        processed.fold(0, 0.61)
    phase = raw.fold(0, 0.61)
    flux = raw.light_curve(0)[1]
    phasor = np.exp(2j * np.pi * phase)
    assert abs(np.mean(flux * phasor)) > 0.9 * np.mean(np.abs(flux) * abs(phasor)) * np.pi / 4


def test_what_is_wrong_is_named(standardization: Standardization, tmp_path: Path) -> None:
    records = raw_records()
    del records[1]["metadata"]["meta_cols"]["ruwe"]
    with pytest.raises(InputError, match="record 1 lacks 'ruwe'"):
        read_raw(records, standardization)
    flat = raw_records()[:1]
    flat[0]["photometry"][:, 1] = 5.0
    with pytest.raises(InputError, match=r"record 0: The published scaling.*MAD 0"):
        read_raw(flat, standardization)
    with pytest.raises(InputError, match="no records"):
        read_raw([], standardization)
    (tmp_path / "x.parquet").write_bytes(b"nothing")
    with (
        pytest.warns(ProcessedDataWarning),
        pytest.raises(InputError, match="no Parquet file of AstroM3Processed"),
    ):
        read_processed([tmp_path / "x.parquet"])
    (tmp_path / "info.json").write_text('{"all_cols": ["period"], "mean": [0], "std": [1]}')
    with pytest.raises(InputError, match="lacks the column amplitude"):
        Standardization.read(tmp_path / "info.json")


@pytest.mark.filterwarnings("ignore::model.astrom3.published_data.ProcessedDataWarning")
def test_processed_records_that_are_none_are_refused(tmp_path: Path) -> None:
    record = {
        "photometry": [[0.0] * 9] * 3, "spectra": [[0.0] * 2575] * 3, "metadata": [0.0] * 34,
    }  # fmt: skip
    for change, message in (
        ({"label": -1}, "row 1 has the label .*none of the 10 classes"),
        ({"label": 10}, "row 1 has the label .*none of the 10 classes"),
        ({"metadata": [0.0] * 33}, "metadata must have"),
        ({"spectra": [[0.0] * 2576] * 3}, "spectra must have"),
    ):
        rows = [{**record, "label": 7}, {**record, "label": 7, **change}]
        pq.write_table(pa.Table.from_pylist(rows), tmp_path / "x.parquet")
        with pytest.raises(InputError, match=message):
            read_processed([tmp_path / "x.parquet"])
    with pytest.raises(InputError, match="no records"):
        read_processed([])
