"""The writer refuses what a reader could not trust, and then leaves nothing behind."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from data_pipeline import directories
from data_pipeline.errors import InputError
from data_pipeline.light_curves import LightCurve
from data_pipeline.schema import Band, Column
from data_pipeline.spectra import Spectrum
from data_pipeline.survey import Survey, SurveyWriter

CURVE = LightCurve.from_mag([1.0, 2.0], 12.0, 0.1)
SPECTRUM = Spectrum(9, np.array([4000.0, 4001.0]), np.ones(2), np.ones(2), np.zeros(2, bool))
OBJECTS = pd.DataFrame({"source_id": [11, 12], "class_label": ["EW", None]})


def writer(path: Path, **options: object) -> SurveyWriter:
    return SurveyWriter(path / "survey", "New", {"V": Band("mag")}, **options)  # type: ignore[arg-type]


def split(**columns: object) -> pd.DataFrame:
    return pd.DataFrame({"split": "default", "source_id": [11], "part": "train", **columns})


@pytest.mark.parametrize(
    ("act", "message"),
    [
        (lambda w: None, "no objects table was written"),
        (lambda w: [w.write_objects(OBJECTS)] * 2 + [w.write_objects(OBJECTS)], "written twice"),
        (lambda w: [w.add_light_curve(11, CURVE) for _ in "ab"], "second light curve for 11"),
        (lambda w: [w.add_spectrum(11, SPECTRUM) for _ in "ab"], "spectrum_id 9 occurs twice"),
        (
            lambda w: w.add_light_curve(11, LightCurve.from_mag([1.0], 12.0, 0.1, "v")),
            r"points in band 'v', which is not among \['V'\]",
        ),
        (
            lambda w: [w.add_light_curve(13, CURVE), w.write_objects(OBJECTS)],
            r"light curves of 1 objects that are not in the objects table \(source_id 13",
        ),
        (
            lambda w: [w.add_spectrum(13, SPECTRUM), w.write_objects(OBJECTS)],
            "spectra of 1 objects that are not in the objects table",
        ),
        (
            lambda w: [w.write_splits(split(source_id=[5])), w.write_objects(OBJECTS)],
            "splits of 1 objects that are not in the objects table",
        ),
        (lambda w: w.write_splits(split(part="holdout")), "unknown part 'holdout'; use one of"),
        (
            lambda w: w.write_splits(pd.concat([split(), split(part="test")])),
            "source_id 11 occurs twice in split 'default'",
        ),
        (lambda w: w.write_splits(pd.DataFrame({"part": []})), "no column split, source_id"),
        (lambda w: w.write_truth(OBJECTS), "only a simulated survey knows the truth"),
        (lambda w: w.write_objects(pd.DataFrame({"name": ["x"]})), "no source_id column"),
        (lambda w: w.write_objects(pd.DataFrame({"source_id": [1.0]})), "is a float column"),
        (lambda w: w.write_objects(pd.DataFrame({"source_id": ["1"]})), "must be int64, found"),
        (lambda w: w.write_objects(pd.DataFrame({"source_id": [1, 1]})), "occur more than once"),
        (
            lambda w: w.write_objects(OBJECTS.assign(bprp=1.0)),
            r"no definition for column 'bprp' \(did you mean 'bp_rp'\?\), 1 in all. Pass a Column",
        ),
        (
            lambda w: w.write_objects(OBJECTS.assign(bp_rp=["red", "blue"])),
            "feature column 'bp_rp' should be float64, found str .*Convert it",
        ),
        (
            lambda w: w.write_external(OBJECTS.assign(catalogue="GCVS")),
            r"no definition for column 'catalogue' \(did you mean 'catalog'\?\)",
        ),
    ],
)
def test_bad_input_is_refused_and_nothing_is_left(
    tmp_path: Path, act: Callable[[SurveyWriter], object], message: str
) -> None:
    def write() -> None:
        with writer(tmp_path) as survey:
            act(survey)

    with pytest.raises(InputError, match=message):
        write()
    assert list(tmp_path.iterdir()) == []


def test_truth_stays_out_of_the_objects(tmp_path: Path) -> None:
    columns = [Column("true_class", role="truth", dtype="string")]
    truth = pd.DataFrame({"source_id": [11], "true_class": ["EB"], "is_wrong": [True]})
    objects = OBJECTS.assign(true_class="EB")
    with (
        pytest.raises(InputError, match=r"\['true_class'\] hold the truth; write them with"),
        writer(tmp_path, columns=columns, is_synthetic=True) as survey,
    ):
        survey.write_objects(objects)
    with writer(tmp_path, columns=columns, is_synthetic=True) as survey:
        survey.write_objects(OBJECTS)
        survey.write_truth(truth)
    read = Survey.open(tmp_path / "survey")
    assert read.is_synthetic
    assert read.truth is not None
    assert read.truth.to_dict("list") == truth.to_dict("list")
    assert "true_class" not in read.columns


def test_survey_of_nothing_but_a_table_can_be_read(tmp_path: Path) -> None:
    with writer(tmp_path) as survey:
        survey.write_objects(OBJECTS)
    read = Survey.open(tmp_path / "survey")
    assert not read.has_photometry.any()
    assert not read.has_spectra.any()
    assert read.light_curve(11) is None
    assert read.features.shape == (2, 0)
    assert read.objects["class_label"].isna().tolist() == [False, True]


def test_empty_survey_can_be_read(tmp_path: Path) -> None:
    with writer(tmp_path) as survey:
        survey.write_objects(OBJECTS.iloc[:0])
    read = Survey.open(tmp_path / "survey")
    assert len(read) == 0
    assert read.rows(np.empty(0, np.int64)).tolist() == []
    with pytest.raises(InputError, match="no object with source_id 11"):
        read.row(11)


def test_same_content_has_the_same_hash(tmp_path: Path) -> None:
    for name in ("first", "again"):
        with SurveyWriter(tmp_path / name, "New", {"V": Band("mag")}) as survey:
            survey.add_light_curve(11, CURVE)
            survey.add_spectrum(12, SPECTRUM)
            survey.write_objects(OBJECTS)
    first, again = (Survey.open(tmp_path / name) for name in ("first", "again"))
    assert first.content_hash == again.content_hash
    directories.verify(first.path)


def test_source_ids_are_whole_numbers(tmp_path: Path) -> None:
    with pytest.raises(TypeError), writer(tmp_path) as survey:
        survey.add_light_curve(11.0, CURVE)  # type: ignore[arg-type]


def test_too_many_words_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("data_pipeline.ragged.MAX_WORDS", 2)
    curve = LightCurve.from_mag([1.0, 2.0, 3.0], 12.0, 0.1, camera=["a", "b", "c"])
    with (
        pytest.raises(InputError, match="'camera' has more than 2 different values"),
        writer(tmp_path) as survey,
    ):
        survey.add_light_curve(11, curve)


def test_band_measures_magnitudes_or_fluxes() -> None:
    with pytest.raises(InputError, match="native quantity is 'mag' or 'flux', not 'counts'"):
        Band("counts")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"role": "features"}, r"unknown role 'features' \(did you mean 'feature'\?\). Use one of"),
        ({"dtype": "float16"}, "unknown type 'float16'. Use one of float64"),
        ({"role": "feature", "dtype": "string"}, "a model needs numbers"),
    ],
)
def test_column_definitions_are_checked(options: dict[str, str], message: str) -> None:
    with pytest.raises(InputError, match=message):
        Column("x", **options)
