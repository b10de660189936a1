"""A survey comes back as it was written, and one that was tampered with is refused."""

import json
import pickle
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from data_pipeline import directories
from data_pipeline.errors import InputError
from data_pipeline.light_curves import LightCurve
from data_pipeline.schema import SCHEMA_VERSION, Band
from data_pipeline.survey import MIGRATIONS, Survey, SurveyWriter


@pytest.fixture(scope="module")
def survey(tiny_survey: Path) -> Survey:
    return Survey.open(tiny_survey)


@pytest.fixture
def copy(tiny_survey: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny_survey, tmp_path / "copy"))


def test_survey_knows_what_it_holds(survey: Survey) -> None:
    assert len(survey) == 60
    assert survey.name == "Tiny"
    assert not survey.is_synthetic
    assert survey.truth is None
    assert survey.external.empty
    assert survey.rejected.empty
    assert survey.bands["g"] == Band(
        "flux", unit="mJy", zero_point_jy=3631.0, time_reference="HJD − 2450000"
    )
    assert survey.objects["source_id"].dtype == np.int64
    assert set(survey.splits["part"]) == {"train", "val", "test"}
    assert len(survey.content_hash) == 64


def test_columns_carry_their_meaning(survey: Survey) -> None:
    column = survey.columns["parallax"]
    assert (column.unit, column.ucd, column.role) == ("mas", "pos.parallax.trig", "feature")
    assert survey.columns["period_catalog_days"].role == "catalog"
    assert survey.columns["lc_amplitude"].description == "half the 5 to 95 % range"


def test_only_feature_columns_are_features(survey: Survey) -> None:
    roles = {name: column.role for name, column in survey.columns.items()}
    assert set(roles) == set(survey.objects.columns)
    assert survey.feature_names == [name for name, role in roles.items() if role == "feature"]
    assert list(survey.features.columns) == survey.feature_names
    assert not {"class_label", "period_catalog_days", "source_id", "ra_deg"} & set(survey.features)
    assert (survey.features.dtypes == np.float64).all()


def test_light_curve_of_two_bands_comes_back(survey: Survey) -> None:
    curve = survey.light_curve(survey.source_id[0])
    assert curve is not None
    assert curve.bands == ("V", "g")
    assert curve.time.dtype == np.float64
    assert len(curve) == 240
    v, g = curve.in_band("V"), curve.in_band("g")
    assert np.isnan(v.flux).all()
    assert np.isnan(v.mag).sum() == 1
    assert np.isnan(g.mag).all()
    assert np.isfinite(g.flux).all()
    assert v.is_upper_limit.sum() == 1
    assert v.quality.tolist().count(1) == 1
    assert set(v.camera) == {"ba", "bb"}
    assert v.good.sum() == 117


def test_absent_modalities_are_absent(survey: Survey) -> None:
    last, spectrumless = survey.source_id[59], survey.source_id[1]
    assert survey.light_curve(last) is None
    assert survey.spectra(last) == []
    assert survey.best_spectrum(spectrumless) is None
    assert survey.has_photometry.sum() == 59
    assert not survey.has_photometry[59]
    assert survey.n_points[59] == 0
    assert survey.n_points[:2].tolist() == [240, 120]
    assert survey.has_spectra.sum() == 39


def test_several_spectra_and_the_best_of_them(survey: Survey) -> None:
    spectra = survey.spectra(survey.source_id[0])
    assert [spectrum.spectrum_id for spectrum in spectra] == [0, 1, 2]
    best = survey.best_spectrum(survey.source_id[0])
    assert best is not None
    assert best.snr == 22.0
    assert best.mask.sum() == 2
    assert (best.frame, best.resolution, best.time) == ("heliocentric", 1800.0, 57002.0)


def test_iteration_agrees_with_random_access(survey: Survey) -> None:
    for source_id, curve in survey.iter_light_curves():
        again = survey.light_curve(source_id)
        assert again is not None
        np.testing.assert_array_equal(curve.mag, again.mag)


def test_reading_from_threads_agrees(survey: Survey) -> None:
    def total(source_id: int) -> float:
        curve = survey.light_curve(source_id)
        spectra = survey.spectra(source_id)
        times = 0.0 if curve is None else float(curve.time.sum())
        return times + sum(float(spectrum.flux.sum()) for spectrum in spectra)

    ids = np.tile(survey.source_id, 20).tolist()
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(total, ids)) == [total(one) for one in ids]


def test_rows_are_found_by_id(survey: Survey) -> None:
    rows = np.array([5, 0, 59])
    assert survey.rows(survey.source_id[rows]).tolist() == rows.tolist()
    assert survey.row(survey.source_id[17]) == 17
    with pytest.raises(InputError, match="no object with source_id 123"):
        survey.light_curve(123)
    with pytest.raises(InputError, match=r"no object with source_id 4 \(2 such\)"):
        survey.rows([survey.source_id[0], 4, 5])
    with pytest.raises(TypeError):
        survey.row(float(survey.source_id[0]))  # type: ignore[arg-type]


def test_survey_travels_to_other_processes_by_its_path(survey: Survey) -> None:
    again = pickle.loads(pickle.dumps(survey))
    assert again.content_hash == survey.content_hash


def test_batches_are_bounded_and_do_not_show(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("data_pipeline.ragged.MAX_BATCH_VALUES", 50)
    with SurveyWriter(tmp_path / "many", "many", {"V": Band("mag")}) as writer:
        for i in range(40):
            time = np.arange(i, dtype=float)
            camera = [f"camera {i % 7}"] * i
            writer.add_light_curve(i, LightCurve.from_mag(time, i, 0.1, camera=camera))
        writer.write_objects(pd.DataFrame({"source_id": np.arange(40)}))
    batches = pa.ipc.open_file(tmp_path / "many" / "photometry.arrow").num_record_batches
    assert batches > 10
    survey = Survey.open(tmp_path / "many")
    for i in range(40):
        curve = survey.light_curve(i)
        assert curve is not None
        assert curve.mag.tolist() == [i] * i
        assert set(curve.camera) == ({f"camera {i % 7}"} if i else set())


def test_truncated_file_is_refused(copy: Path) -> None:
    file = copy / "photometry.arrow"
    file.write_bytes(file.read_bytes()[:-100])
    with pytest.raises(InputError, match=r"does not match its manifest: photometry.arrow has"):
        Survey.open(copy)


def test_truncated_file_is_refused_even_if_the_manifest_agrees(copy: Path) -> None:
    file = copy / "spectra.arrow"
    file.write_bytes(file.read_bytes()[:-100])
    agree(copy)
    with pytest.raises(
        InputError, match=r"spectra.arrow cannot be read as an Arrow file.*cut short"
    ):
        Survey.open(copy)
    (copy / "objects.parquet").write_bytes(b"PAR1")
    agree(copy)
    with pytest.raises(InputError, match=r"objects.parquet cannot be read as a Parquet table"):
        Survey.open(copy)


def test_file_of_another_survey_is_refused(copy: Path, tmp_path: Path) -> None:
    with SurveyWriter(tmp_path / "other", "other", {"V": Band("mag")}) as writer:
        writer.add_light_curve(77, LightCurve.from_mag([1.0], 12.0, 0.1))
        writer.write_objects(pd.DataFrame({"source_id": [77]}))
    shutil.copy(tmp_path / "other" / "photometry.arrow", copy)
    agree(copy)
    with pytest.raises(InputError, match=r"1 objects that objects.parquet lacks \(source_id 77"):
        Survey.open(copy)


def test_file_of_another_kind_is_refused(copy: Path) -> None:
    shutil.copy(copy / "spectra.arrow", copy / "photometry.arrow")
    agree(copy)
    with pytest.raises(InputError, match=r"photometry.arrow lacks the columns .*mag \(list"):
        Survey.open(copy)


def test_other_schema_version_is_refused_or_migrated(
    copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    edit_manifest(copy, schema_version=SCHEMA_VERSION + 1)
    with pytest.raises(InputError, match="schema version 2; this program reads up to 1"):
        Survey.open(copy)
    edit_manifest(copy, schema_version=SCHEMA_VERSION - 1, name=None, title="Old tiny")
    with pytest.raises(InputError, match="knows no way from 0 to 1"):
        Survey.open(copy)
    monkeypatch.setitem(MIGRATIONS, 0, lambda manifest: manifest | {"name": manifest["title"]})
    assert Survey.open(copy).name == "Old tiny"


@pytest.mark.parametrize(
    ("metadata", "kind", "message"),
    [
        ({}, pa.float64(), "column 'bp_rp' has no role"),
        ({"role": "feeture"}, pa.float64(), r"unknown role 'feeture' \(did you mean 'feature'\?\)"),
        ({"role": "feature"}, pa.string(), "is a feature of type string; a model needs numbers"),
        ({"role": "catalog"}, pa.date32(), "unknown type 'date32"),
    ],
)
def test_columns_of_no_known_meaning_are_refused(
    copy: Path, metadata: dict[str, str], kind: pa.DataType, message: str
) -> None:
    table = pq.read_table(copy / "objects.parquet")
    column = pa.field("bp_rp", kind, metadata=metadata)
    position = table.schema.get_field_index("bp_rp")
    pq.write_table(
        table.set_column(position, column, pa.nulls(len(table), kind)), copy / "objects.parquet"
    )
    agree(copy)
    with pytest.raises(InputError, match=message):
        Survey.open(copy)


@pytest.mark.parametrize(
    ("ids", "message"),
    [
        (pa.array(np.arange(60.0)), "source_id is a float column, which cannot hold"),
        (pa.array([str(i) for i in range(60)]), "source_id must be int64, found"),
        (pa.array(np.repeat(np.arange(30), 2)), r"30 source_id occur more than once \(0, 1, 2 ..."),
        (None, "has no source_id column"),
    ],
)
def test_objects_without_whole_unique_ids_are_refused(
    copy: Path, ids: pa.Array | None, message: str
) -> None:
    table = pq.read_table(copy / "objects.parquet")
    role = table.schema.field("source_id").metadata
    table = table.drop_columns("source_id")
    if ids is not None:
        table = table.add_column(0, pa.field("source_id", ids.type, metadata=role), ids)
    pq.write_table(table, copy / "objects.parquet")
    agree(copy)
    with pytest.raises(InputError, match=message):
        Survey.open(copy)


def edit_manifest(path: Path, **changes: object) -> None:
    manifest = json.loads((path / directories.MANIFEST).read_text())
    (path / directories.MANIFEST).write_text(json.dumps(manifest | changes))


def agree(path: Path) -> None:
    """Make the manifest agree with files that were changed, as somebody careless would."""
    edit_manifest(
        path,
        files={
            file.name: directories.file_record(file)
            for file in path.iterdir()
            if file.name != directories.MANIFEST
        },
    )
