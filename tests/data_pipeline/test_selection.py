"""The funnel: criteria one after another, what each removed, who is left, drawn and listed."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from data_pipeline.__main__ import main
from data_pipeline.build import build_survey
from data_pipeline.config import load_config
from data_pipeline.drawing import draw_survey
from data_pipeline.duplicates import in_one_part
from data_pipeline.errors import InputError
from data_pipeline.inspection import funnel
from data_pipeline.schema import Band, Column
from data_pipeline.survey import Survey, SurveyWriter

CONFIG = """
name = "Funnel"
[catalog]
file = "stars.csv"
columns = { original_id = "id", ra_deg = "ra", dec_deg = "dec", class_label = "type" }
extra.brightness = { column = "v", unit = "mag", role = "feature" }
[bands.V]
native = "mag"
[light_curves]
file = "lc/{original_id}.csv"
[[select]]
column = "brightness"
max = 17
reason = "fainter than 17"
[[select]]
column = "class_label"
none_of = ["VAR"]
[[select]]
complete = ["features"]
[[select]]
column = "n_epochs"
min = 3
reason = "too few points"
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Survey:
    path = tmp_path_factory.mktemp("funnel")
    (path / "my.toml").write_text(CONFIG)
    n = 12
    stars = pd.DataFrame(
        {
            "id": [f"s{i}" for i in range(n)], "ra": np.linspace(0, 350, n), "dec": 0.0,
            "type": ["EW", "EA", "M"] * 4, "v": np.linspace(12, 18, n).round(2),
        }
    )  # fmt: skip
    stars.loc[3, "type"] = "VAR"
    stars.loc[4, "ra"] = 400.0
    stars.loc[5, "v"] = np.nan
    stars.to_csv(path / "stars.csv", index=False)
    (path / "lc").mkdir()
    for i in range(8):
        curve = pd.DataFrame({"time": range(i), "mag": 12.0, "mag_err": 0.1})
        curve.to_csv(path / "lc" / f"s{i}.csv", index=False)
    build_survey(load_config(path / "my.toml"), path / "survey")
    return Survey.open(path / "survey")


def test_every_row_is_accounted_for(built: Survey) -> None:
    steps = [(one["criterion"], one["removed"], one["left"]) for one in funnel(built)]
    assert [step for step in steps if step[1]] == [
        ("no position on the sky", 1, 11),
        ("fainter than 17", 3, 8),  # one of them without a magnitude
        ("class_label one of VAR", 1, 7),
        ("too few points", 5, 2),
    ]
    gone = built.rejected[built.rejected["file"].isin(["stars.csv", "selection"])]
    assert set(built.rejected["reason"]) - set(gone["reason"]) == {
        "no points: the light curve is empty",
        "file of no usable row of the catalog",  # of the star without a position
    }
    assert len(built) + len(gone) == 12
    assert set(built.objects["original_id"]) | set(gone["original_id"]) == {
        f"s{i}" for i in range(12)
    }
    assert set(built.source_id) >= {one for one, _ in built.iter_light_curves()}


def test_inspect_tells_lists_and_draws(
    built: Survey, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    picture, listed = tmp_path / "x.png", tmp_path / "gone.csv"
    main(["inspect", str(built.path), "--draw", str(picture), "--rejected", str(listed)])
    told = capsys.readouterr().out
    assert "funnel: stars.csv: 12 rows" in told
    assert "−3               8 left  fainter than 17" in told
    assert pd.read_csv(listed)["reason"].tolist() == built.rejected["reason"].tolist()
    assert picture.read_bytes().startswith(b"\x89PNG")
    with pytest.raises(InputError, match=r"ending must be .png, .svg or .pdf"):
        main(["inspect", str(built.path), "--draw", str(tmp_path / "x.txt")])


def test_strict_stops_at_the_first_row_that_cannot_be_used(built: Survey, tmp_path: Path) -> None:
    config = load_config(built.path.parent / "my.toml")
    with pytest.raises(InputError, match=r"--strict: .* first is stars.csv, row 5 \(s4\): no posi"):
        build_survey(config, tmp_path / "survey", strict=True)
    assert not (tmp_path / "survey").exists()


@pytest.mark.parametrize("column", ["brightnes", "n_epoch"])
def test_unknown_column_of_a_criterion_is_named(built: Survey, tmp_path: Path, column: str) -> None:
    text = CONFIG.replace('"brightness"\nmax', f'"{column}"\nmax')
    (built.path.parent / "wrong.toml").write_text(text)
    with pytest.raises(InputError, match=f"select: the survey has no column '{column}'"):
        build_survey(load_config(built.path.parent / "wrong.toml"), tmp_path / "survey")


def test_a_drawing_takes_a_magnitude_that_varies_and_the_shorter_way_around(
    tmp_path: Path,
) -> None:
    columns = [
        Column("lc_mean_mag", "mag", "median", "phot.mag;stat.median", "catalog"),
        Column("rc_mag", "mag", "Cousins R", "phot.mag;em.opt.R"),
    ]
    table = pd.DataFrame({"source_id": [1, 2, 3], "ra_deg": [359.0, 1.0, 3.0], "dec_deg": 10.0,
                          "lc_mean_mag": 0.0, "rc_mag": [15.0, 16.5, 17.0]})  # fmt: skip
    with SurveyWriter(tmp_path / "s", "S", {"R": Band("flux", "relative")}, columns) as writer:
        writer.write_objects(table)
    draw_survey(Survey.open(tmp_path / "s"), tmp_path / "s.svg")
    texts = (tmp_path / "s.svg").read_text()
    assert "<!-- Cousins R [mag] -->" in texts
    assert "<!-- 359.0 -->" in texts or "<!-- 359 -->" in texts
    assert "<!-- 0.0 -->" in texts or "<!-- 0 -->" in texts
    assert "<!-- 180" not in texts


def test_duplicates_are_dropped_where_asked_and_never_split(tmp_path: Path) -> None:
    (tmp_path / "lc").mkdir()
    for name, shift in (("a", 0.0), ("b", 0.1), ("c", 0.0), ("d", 0.0)):
        lines = [f"{2450000 + i},{12 + shift + 0.1 * (i % 2)},0.1" for i in range(6)]
        (tmp_path / "lc" / f"{name}.csv").write_text("\n".join(["time,mag,mag_err", *lines]))
    (tmp_path / "stars.csv").write_text("id,type\na,EW\nb,EA\nc,EB\nd,EW\n")
    config = """
name = "Twice"
[catalog]
file = "stars.csv"
columns = { original_id = "id", class_label = "type" }
[bands.V]
native = "mag"
[light_curves]
file = "lc/{original_id}.csv"
"""
    drop = '[[select]]\ncolumn = "is_duplicate"\nmax = 0\nreason = "listed before"\n'
    (tmp_path / "all.toml").write_text(config)
    (tmp_path / "once.toml").write_text(config + drop)
    for name, left in (("all", ["a", "b", "c", "d"]), ("once", ["a", "b"])):
        build_survey(load_config(tmp_path / f"{name}.toml"), tmp_path / name)
        survey = Survey.open(tmp_path / name)
        assert survey.objects["original_id"].tolist() == left
        told = survey.rejected[survey.rejected["file"] == "light curves"]
        assert told["original_id"].tolist() == ["c", "d"]
    star = Survey.open(tmp_path / "all").objects.set_index("original_id")["source_id"]
    of = {int(star["c"]): int(star["a"]), int(star["b"]): 999}
    splits = pd.DataFrame({"split": ["x", "x", "x", "y"], "part": ["train", "test", "val", "test"],
                           "source_id": [star["a"], star["c"], star["b"], star["c"]]})  # fmt: skip
    moved = in_one_part(splits, of)
    assert moved["part"].tolist() == ["train", "train", "val"]  # c is in no part of y, as a is
