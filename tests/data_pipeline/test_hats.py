"""A survey to HATS and back; LSDB and nested-pandas read what was written."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from data_pipeline.build import build_survey
from data_pipeline.config import load_config
from data_pipeline.errors import InputError
from data_pipeline.hats import import_lsdb, write_hats
from data_pipeline.light_curves import LightCurve
from data_pipeline.schema import Band, Column
from data_pipeline.sources.tables import read_table
from data_pipeline.spectra import Spectrum
from data_pipeline.survey import Survey, SurveyWriter

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
IDS = np.array([4_481_234_567_890_123_457, 11, 12, 13])
BANDS = {"V": Band("mag", time_reference="HJD"), "g": Band("flux", unit="mJy")}


@pytest.fixture(scope="module")
def survey(tmp_path_factory: pytest.TempPathFactory) -> Survey:
    """Stars in two bands, in one, with a spectrum only, and with nothing."""
    path = tmp_path_factory.mktemp("hats") / "survey"
    objects = pd.DataFrame(
        {
            "source_id": IDS, "name": list("abcd"), "original_id": list("abcd"),
            "ra_deg": [10.0, 100.0, 190.0, 280.0], "dec_deg": [80.0, -5.0, 3.0, -70.0],
            "class_label": ["RRAB", None, "EW", "EW"], "bp_rp": [0.5, np.nan, 1.0, 2.0],
            "my_index": [1.5, 2.5, 3.5, np.nan],
        }
    )  # fmt: skip
    columns = [Column("my_index", "mag", "an index of mine", "phot.color", "feature")]
    with SurveyWriter(path, "A survey", BANDS, columns) as writer:
        time = 2_457_000.123456789 + np.arange(20) * 1.7
        writer.add_light_curve(
            int(IDS[0]),
            LightCurve.from_values(
                time, mag=np.where(np.arange(20) % 2, np.nan, 12.5), mag_err=0.01,
                flux=np.where(np.arange(20) % 2, 3.25, np.nan), flux_err=0.5,
                band=np.where(np.arange(20) % 2, "g", "V"), camera="bd",
                is_upper_limit=np.arange(20) == 4, quality=(np.arange(20) == 6) * 2,
            ),
        )  # fmt: skip
        writer.add_light_curve(11, LightCurve.from_mag(time[:3], [11.0, 11.5, 12.0], 0.1))
        wavelength = np.linspace(4000, 5000, 30)
        writer.add_spectrum(
            12, Spectrum(7, wavelength, wavelength / 1e3, np.full(30, 0.1), wavelength > 4900)
        )
        writer.write_objects(objects)
    return Survey.open(path)


@pytest.fixture(scope="module")
def written(survey: Survey) -> Path:
    path = survey.path.with_name("hats")
    assert write_hats(survey, path) == len(IDS)
    return path


def test_lsdb_and_nested_pandas_read_it(survey: Survey, written: Path) -> None:
    catalog = import_lsdb().open_catalog(written)
    from nested_pandas import NestedFrame  # warns unless imported so

    stars = catalog.compute()
    assert isinstance(stars, NestedFrame)
    assert catalog.nested_columns == ["light_curve"]
    assert set(stars["source_id"]) == set(IDS.tolist())
    first = stars[stars["source_id"] == IDS[0]].iloc[0]
    expected = survey.light_curve(int(IDS[0]))
    assert expected is not None
    curve = first["light_curve"]
    np.testing.assert_array_equal(curve["time"].to_numpy(np.float64), expected.time)
    np.testing.assert_array_equal(curve["band"].to_numpy(np.str_), expected.band)
    mean = stars["light_curve.mag"].groupby(level=0).mean()
    assert mean.notna().sum() == 2
    near = catalog.cone_search(ra=100.0, dec=-5.0, radius_arcsec=10).compute()
    assert near["source_id"].tolist() == [11]


def test_a_survey_built_from_it_holds_the_same(survey: Survey, written: Path) -> None:
    out = survey.path.with_name("again")
    build_survey(load_config(written / "survey.toml"), out)
    again = Survey.open(out)
    assert again.name == survey.name
    assert again.bands == survey.bands
    assert again.rejected.empty
    assert set(again.source_id) == set(IDS)
    assert again.columns["my_index"] == survey.columns["my_index"]
    for source_id in IDS.tolist():
        before, now = survey.light_curve(source_id), again.light_curve(source_id)
        assert (before is None) == (now is None)
        if before is not None and now is not None:
            for name in ("time", "mag", "flux", "band", "camera", "is_upper_limit", "quality"):
                np.testing.assert_array_equal(getattr(before, name), getattr(now, name), name)
        row, there = survey.row(source_id), again.row(source_id)
        for name in ("name", "ra_deg", "class_label", "bp_rp", "my_index"):
            pair = survey.objects[name].iloc[row], again.objects[name].iloc[there]
            assert pair[0] == pair[1] or (pd.isna(pair[0]) and pd.isna(pair[1])), name
    spectrum, same = survey.spectra(12)[0], again.spectra(12)[0]
    np.testing.assert_array_equal(spectrum.flux, same.flux)
    np.testing.assert_array_equal(spectrum.mask, same.mask)


def test_a_survey_without_positions_is_refused(tmp_path: Path) -> None:
    with SurveyWriter(tmp_path / "bare", "Bare", {}) as writer:
        writer.write_objects(pd.DataFrame({"source_id": [1]}))
    with pytest.raises(InputError, match="Bare has no star with a position"):
        write_hats(Survey.open(tmp_path / "bare"), tmp_path / "hats")
    assert not (tmp_path / "hats").exists()


def test_damaged_catalogs_are_told(tmp_path: Path) -> None:
    (tmp_path / "hats.properties").write_text("hats_nrows=1\n")
    with pytest.raises(InputError, match="HATS catalog without any Parquet file"):
        read_table(tmp_path)
    leaf = tmp_path / "dataset" / "Norder=0" / "Dir=0" / "Npix=1.parquet"
    leaf.parent.mkdir(parents=True)
    leaf.write_bytes(b"PAR1 cut short")
    with pytest.raises(InputError, match=r"Npix=1\.parquet cannot be read as Parquet"):
        read_table(tmp_path)
    (tmp_path / "collection.properties").write_text("obs_collection=x\n")
    with pytest.raises(InputError, match="does not name its catalog"):
        read_table(tmp_path)
