"""The store: classes in order, maps and diagrams, search, flags, what a survey lacks."""

import numpy as np
import pandas as pd
import pytest

from app.atlas_store import AtlasStore
from app.diagrams import make_diagrams
from app.finding import Finder, parse_position
from app.palette import UNLABELLED
from data_pipeline.schema import Column


def test_classes_are_ordered_by_family_with_their_counts(store: AtlasStore) -> None:
    assert store.classes == ["RRAB", "DSCT", "EW", "EA", "ROT", "SR", UNLABELLED]
    assert store.class_counts.sum() == store.n == 400
    assert store.class_counts[-1] == 5
    assert all(store.label(row) == store.classes[store.class_code[row]] for row in range(50))


def test_maps_of_every_modality(store: AtlasStore) -> None:
    assert store.modalities == ("fused", "photometry", "spectra", "metadata")
    for modality in store.modalities:
        assert store.xy(modality).shape == (400, 2)
    assert np.isfinite(store.xy("fused")).all()
    absent = ~np.isfinite(store.xy("spectra")).all(axis=1)
    assert np.array_equal(absent, ~store.has_spectrum)


def test_absolute_magnitudes_need_a_good_parallax(store: AtlasStore) -> None:
    diagram = store.cmd
    assert diagram is not None
    objects = store.objects
    poor = ~(objects["parallax_over_error"] > 5)
    assert np.isnan(diagram.y[poor]).all()
    left_out = (~diagram.shown).sum()
    told = [int(part.split()[0]) for part in diagram.left_out.split("; ")]
    assert sum(told) == left_out
    row = int(np.flatnonzero(diagram.shown)[0])
    distance = 1000 / objects["parallax"].iat[row]
    expected = objects["phot_g_mean_mag"].iat[row] - 5 * np.log10(distance / 10)
    assert diagram.y[row] == pytest.approx(expected)
    assert diagram.invert_y


def test_a_survey_without_colors_falls_back_and_says_so(store: AtlasStore) -> None:
    columns = ["source_id", "period_days", "lc_amplitude", "ra_deg", "dec_deg"]
    diagrams = make_diagrams(store.objects[columns])
    assert list(diagrams) == ["period-amplitude", "sky", "sky-galactic"]
    assert make_diagrams(store.objects[["source_id"]]) == {}
    assert store.missing("colors") == ""
    assert store.missing("spectra") == ""


def test_diagrams_of_few_of_the_stars_come_last(store: AtlasStore) -> None:
    objects = store.objects[["source_id", "period_days", "ra_deg", "dec_deg"]].copy()
    few = np.arange(len(objects)) < 3
    objects = objects.assign(
        bp_rp=np.where(few, 1.0, np.nan), phot_g_mean_mag=np.where(few, 12.0, np.nan),
        mean_vmag=15.0,
    )  # fmt: skip
    diagrams = make_diagrams(objects)
    assert list(diagrams) == [
        "period-luminosity",
        "sky",
        "sky-galactic",
        "apparent-color-magnitude",
    ]
    assert (diagrams["period-luminosity"].y == 15.0).all()  # the magnitude that most stars have


def test_search_by_id_name_and_part(store: AtlasStore) -> None:
    assert store.find(str(store.source_id[33])).row == 33
    assert store.find("  sky v00033 ").row == 33
    partial = store.find("V0003")
    assert partial.row == 30
    assert "first of 10" in partial.note
    missing = store.find("HD 1")
    assert missing.row == -1
    assert "HD 1" in missing.note


def test_search_by_position(store: AtlasStore) -> None:
    ra, dec = (store.objects[name].iat[9] for name in ("ra_deg", "dec_deg"))
    assert store.find(f"{ra:.5f} {dec:+.5f}").row == 9
    assert store.find(f"{ra:.5f}, {dec:.5f}").row == 9
    near = store.find(f"{ra} {dec + 10 / 3600}")
    assert near.row == 9
    assert "10.0″" in near.note
    away = store.find("0 0")
    assert away.row == -1
    assert "nearest is" in away.note


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("83.82208 -5.39111", (83.82208, -5.39111)),
        ("05:35:17.3 -05:23:28", (83.822083, -5.391111)),
        ("05h35m17.3s −05d23m28s", (83.822083, -5.391111)),
        ("5 35 17.3 -5 23 28", (83.822083, -5.391111)),
        ("V1234", None),
        ("10 95", None),
        ("1 2 3", None),
    ],
)
def test_positions_are_read_in_degrees_and_sexagesimal(text, expected) -> None:
    found = parse_position(text)
    assert found == (None if expected is None else pytest.approx(expected, abs=1e-5))


def test_a_table_without_coordinates_says_so(store: AtlasStore) -> None:
    finder = Finder(store.objects[["source_id", "name"]])
    assert "no coordinates" in finder.find("10.0 20.0").note


def test_neighbors_are_rows_of_the_atlas(store: AtlasStore) -> None:
    near = store.neighbors(0, "fused", 5)
    assert len(near) == 5
    assert np.array_equal(store.source_id[near["row"]], near["source_id"])
    assert near["similarity"].is_monotonic_decreasing
    lacking = int(np.flatnonzero(~store.has_spectrum)[0])
    assert store.neighbors(lacking, "spectra", 5).empty


def test_flags_follow_the_thresholds(store: AtlasStore) -> None:
    few, many = store.flags(99.5, 2, 0.0, 0), store.flags(90.0, 1, 0.0, 0)
    assert len(few) < len(many)
    assert many["suspicion"].fillna(-1).is_monotonic_decreasing
    assert few["is_far"].sum() < many["is_far"].sum()
    told = store.flags.told(many[:50], 90.0, 1, 0.0, 0)
    assert len(told) == min(50, len(many))
    assert told["sentence"].str.len().gt(10).all()
    tight = store.flags(100.0, 3, 1e-3, 5)
    assert tight["is_alone"].sum() > few["is_alone"].sum(), "a tiny radius leaves everyone alone"


def test_names_fall_back_on_the_id(store: AtlasStore) -> None:
    assert store.name(12) == "Sky V00012"
    assert store.row(int(store.source_id[12])) == 12
    assert store.row(1) == -1


def test_light_curve_and_spectrum_or_nothing(store: AtlasStore) -> None:
    row = int(np.flatnonzero(store.has_light_curve & store.has_spectrum)[0])
    assert len(store.light_curve(row)) == 150
    assert store.best_spectrum(row).snr == 50
    lacking = int(np.flatnonzero(~store.has_light_curve)[0])
    assert store.light_curve(lacking) is None
    assert store.period_days(row) > 0


def test_the_opening_star_has_everything(store: AtlasStore) -> None:
    row = store.opening_row
    assert store.has_light_curve[row]
    assert store.has_spectrum[row]


def test_diagrams_of_columns_of_unknown_names_are_told_by_their_ucds() -> None:
    objects = pd.DataFrame(
        {
            "u_g": [1.1, 1.2, np.nan], "g_i": [0.3, 0.4, 0.5], "depth": [0.6, 0.7, 0.5],
            "brightness": [14.0, 15.0, 16.0], "period_catalog_days": [0.5, 0.6, 0.7],
        }
    )  # fmt: skip
    columns = {
        "u_g": Column("u_g", "mag", "", "phot.color", "feature"),
        "g_i": Column("g_i", "mag", "color g − i", "phot.color", "feature"),
        "brightness": Column("brightness", "mag", "median magnitude", "phot.mag", "catalog"),
        "depth": Column("depth", "mag", "", "src.var.amplitude", "feature"),
    }
    diagrams = make_diagrams(objects, None, columns)
    color = diagrams["apparent-color-magnitude"]
    assert (color.x_label, color.y_label) == ("color g − i [mag]", "median magnitude [mag]")
    assert color.invert_y  # magnitudes upward to brighter
    np.testing.assert_allclose(diagrams["period-amplitude"].y, np.log10(objects["depth"]))
    assert "apparent-color-magnitude" not in make_diagrams(objects)
