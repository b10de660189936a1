"""The published AstroM³ data in small files of the same layouts."""

import sys
import zipfile
from hashlib import sha256
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from data_pipeline.build import build_survey
from data_pipeline.config import load_config
from data_pipeline.errors import InputError
from data_pipeline.fetch import check_counts, check_hashes, fetch_astrom3, fetch_external
from data_pipeline.schema import PAPER_FEATURES
from data_pipeline.sources import READERS
from data_pipeline.survey import Survey

from .test_source_spectra import old_layout

GAIA = 4481234567890123400
TIMES = 2457000.0 + np.arange(30) * 1.2345678


def write_raw(path: Path) -> Path:
    """Write AstroM3Dataset with six stars in two splits."""
    stars = pd.DataFrame({name: np.linspace(1, 2, 6) for name in PAPER_FEATURES})
    stars = stars.assign(
        id=[f"EDR3 {GAIA + i}" for i in range(6)], name=[f"ASASSN-VJ{i}" for i in range(6)],
        target=["EW", "SR"] * 3,
        spec_filename=[f"spec-55859-F5902_sp01-{i:03d}.fits.gz" for i in range(6)],
        amplitude=0.5, period=0.4, lksl_statistic=0.1, rfr_score=0.9,
    )  # fmt: skip
    for sub in ("full/42", "sub10/66"):
        folder = path / "splits" / sub
        folder.mkdir(parents=True)
        for part, rows in (("train", [0, 1, 2, 3]), ("val", [4]), ("test", [5])):
            stars.iloc[rows].to_csv(folder / f"{part}.csv", index=False)
        (folder / "info.json").write_text("{}")
    with zipfile.ZipFile(path / "photometry.zip", "w") as archive:
        for i in range(5):
            lines = [f"{t:.5f} 14.{i} 0.02 8.71 0.16" for t in TIMES]
            text = "# x\nHJD MAG MAG_ERR FLUX FLUX_ERR\n" + "\n".join(lines)
            archive.writestr(f"photometry/ASASSN-VJ{i}.dat", text)
    for i, kind in enumerate(["EW", "SR"] * 3):
        (path / "spectra" / kind).mkdir(parents=True, exist_ok=True)
        if i != 4:
            name = stars["spec_filename"][i]
            (path / "spectra" / kind / name).write_bytes(old_layout())
    return path


def write_processed(path: Path) -> Path:
    """Write AstroM3Processed with three stars, times as single precision leaves them."""
    days = (TIMES.astype(np.float32) - TIMES.astype(np.float32).min()).astype(np.float32)
    years = float(days.max()) / 365.0
    photometry = np.zeros((30, 9), np.float32)
    photometry[:, 0] = days / days.max()
    photometry[:, 1] = np.sin(days)
    photometry[:, 7:] = np.log10(0.5), years
    spectrum = np.zeros((3, 2575), np.float32)
    spectrum[0], spectrum[2] = np.linspace(-1, 1, 2575), 2.0
    (path / "full_42").mkdir()
    for part, n in (("train", 2), ("validation", 1), ("test", 0)):
        frame = pd.DataFrame(
            {
                "photometry": [photometry.tolist()] * n, "spectra": [spectrum.tolist()] * n,
                "metadata": [np.arange(34.0).tolist()] * n, "label": np.full(n, 3),
            }
        )  # fmt: skip
        frame.to_parquet(path / "full_42" / f"{part}-00000-of-00001.parquet")
    return path


def test_raw_set_keeps_ids_splits_and_double_precision(tmp_path: Path) -> None:
    figures = build_survey(load_config("astrom3", write_raw(tmp_path)), tmp_path / "survey")
    survey = Survey.open(tmp_path / "survey")
    assert figures["features"] == list(PAPER_FEATURES)
    assert survey.source_id.tolist() == [GAIA + i for i in range(6)]
    curve = survey.light_curve(GAIA)
    assert curve is not None
    np.testing.assert_allclose(curve.time, TIMES, rtol=0, atol=1.1e-5)
    assert survey.n_spectra.tolist() == [1, 1, 1, 1, 0, 1]
    ours = survey.splits[survey.splits["split"] == "full_42"]
    assert ours["part"].tolist() == ["train"] * 4 + ["val", "test"]
    assert survey.rejected["reason"].tolist() == ["no such spectrum"]


def test_processed_set_says_that_its_times_step_by_a_quarter_day(tmp_path: Path) -> None:
    source = READERS["astrom3"](load_config("astrom3", write_processed(tmp_path)))
    ids = source.objects["source_id"].to_numpy()
    (_, curve), *others = source.light_curves(ids)
    assert len(others) == 2
    steps = curve.time * 4
    np.testing.assert_array_equal(steps, np.round(steps))
    np.testing.assert_allclose(curve.time, TIMES - TIMES[0], atol=0.26)
    assert "quarter of a day" in source.bands["V"].time_reference
    assert source.objects["class_label"].tolist() == ["EW"] * 3
    spectrum = next(iter(source.spectra(ids)))[1]
    np.testing.assert_allclose(spectrum.flux[[0, -1]], [-100, 100])
    assert np.isnan(spectrum.flux_err).all()
    assert source.splits is not None
    assert source.splits["part"].tolist() == ["train", "train", "val"]


def test_neither_set_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds neither AstroM3Dataset"):
        READERS["astrom3"](load_config("astrom3", tmp_path))


def test_altered_file_is_found_by_its_hash(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"1")
    check_hashes(tmp_path, {"a": sha256(b"1").hexdigest(), "not fetched": "0"})
    with pytest.raises(InputError, match="a differ from the published SHA-256"):
        check_hashes(tmp_path, {"a": "0" * 64})


def test_splits_are_counted_against_the_published_numbers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_raw(tmp_path)
    with pytest.raises(InputError, match=r"test: 1 stars, published 2225; full_42 train: 4"):
        check_counts(tmp_path)
    here = {"full_42": {"train": 4, "val": 1, "test": 1}, "full_0": {"train": 9}}
    monkeypatch.setattr("data_pipeline.sources.astrom3.PUBLISHED_COUNTS", here)
    assert check_counts(tmp_path) == 3
    (tmp_path / "splits" / "full" / "42" / "val.csv").unlink()
    assert check_counts(tmp_path) == 2  # what was not asked for is not missed


def test_missing_libraries_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    monkeypatch.setitem(sys.modules, "astroquery.xmatch", None)
    with pytest.raises(InputError, match="pip install huggingface_hub"):
        fetch_astrom3(tmp_path)
    with pytest.raises(InputError, match="pip install astroquery"):
        fetch_external(None, "VSX", tmp_path / "x")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="unknown catalog 'VXS'; known are VSX"):
        fetch_external(None, "VXS", tmp_path / "x")  # type: ignore[arg-type]
