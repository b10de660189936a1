"""Exports read back by astropy: exact ids, units, UCDs, provenance; safe in a spreadsheet."""

import io
import json
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from astropy.io import fits
from astropy.io.votable import parse
from astropy.table import Table

from app.atlas_store import AtlasStore
from app.export.credits import credits_of
from app.export.formats import FORMATS, harmless, to_csv, to_ecsv, to_fits, to_parquet, to_votable
from app.export.lists import ranked_stars, selected_stars, vetted_stars
from app.export.paper import bibtex, latex_text, methods_sentence, to_latex
from app.export.provenance import describe_export
from app.export.reading import read_in_worker, read_list
from app.export.restoring import restore
from app.export.table import star_table
from app.selection import replay
from data_pipeline.errors import InputError
from data_pipeline.schema import Column

IDS = [4481234567890123457, 4481234567890123458, 2**62 + 1]
COLUMNS = {
    "source_id": Column("source_id", "", "identifier", "meta.id;meta.main", "id", "int64"),
    "name": Column("name", "", "name of the star", "meta.id", "id", "string"),
    "parallax": Column("parallax", "mas", "Gaia parallax", "pos.parallax.trig", "feature"),
    "pmra": Column("pmra", "mas.yr-1", "proper motion", "pos.pm", "feature"),
    "n_spectra": Column("n_spectra", "", "spectra", "meta.number", "derived", "int64"),
    "is_periodic": Column("is_periodic", "", "has a period", "meta.code", "derived", "bool"),
    "period_alt_days": Column("period_alt_days", "d", "others", "time.period", "derived",
                              "list<float64>"),
    "odd": Column("odd", "not a unit", "a unit astropy does not know", "", "catalog"),
}  # fmt: skip
OBJECTS = pd.DataFrame(
    {
        "source_id": np.array(IDS, dtype=np.int64),
        "name": ["=HYPERLINK(1)", "V439 Cas", None],
        "parallax": [1.5, np.nan, -0.25],
        "pmra": [1.0, 2.0, 3.0],
        "n_spectra": pd.array([1, None, 3], dtype="Int64"),
        "is_periodic": pd.array([True, None, False], dtype="boolean"),
        "period_alt_days": [[0.25, 1.0], None, []],
        "odd": [1.0, 2.0, 3.0],
    }
)
PROVENANCE = {"survey": "Tiny", "nature": "SYNTHETIC (simulated stars)"}


@pytest.fixture(params=[3, 2400])
def table(request: pytest.FixtureRequest) -> Table:
    """A few stars (text VOTable) and many (binary)."""
    return star_table(OBJECTS, COLUMNS, np.arange(request.param) % 3)


def test_votable_has_exact_ids_units_and_ucds(table: Table) -> None:
    content = to_votable(table, PROVENANCE)
    back = Table.read(io.BytesIO(content), format="votable")
    assert back["source_id"].dtype == np.int64
    assert back["source_id"][:3].tolist() == IDS
    assert str(back["parallax"].unit) == "mas"
    assert str(back["pmra"].unit) == "mas / yr"
    assert back["parallax"].description == "Gaia parallax"
    fields = {field.name: field for field in parse(io.BytesIO(content)).get_first_table().fields}
    assert fields["source_id"].ucd == "meta.id;meta.main"
    assert fields["source_id"].datatype == "long"


def test_votable_keeps_what_is_missing_missing(table: Table) -> None:
    back = Table.read(io.BytesIO(to_votable(table, PROVENANCE)), format="votable")
    assert not np.isfinite(np.ma.filled(back["parallax"][1], np.nan))
    assert np.ma.is_masked(back["n_spectra"][1])
    assert back["n_spectra"][2] == 3
    assert back["name"][0] == "=HYPERLINK(1)", "a VOTable is data: nothing is changed"
    assert back["period_alt_days"][0] == "0.25 1"


def test_votable_says_where_it_comes_from(table: Table) -> None:
    infos = {
        info.name: info.value for info in parse(io.BytesIO(to_votable(table, PROVENANCE))).infos
    }
    assert infos["survey"] == "Tiny"
    assert "SYNTHETIC" in infos["nature"]


def test_csv_has_text_ids_units_and_provenance(table: Table) -> None:
    back = Table.read(to_csv(table, PROVENANCE).decode(), format="ascii.ecsv")
    assert back["source_id"][:3].tolist() == [str(one) for one in IDS]
    assert str(back["pmra"].unit) == "mas / yr"
    assert back["parallax"].meta["ucd"] == "pos.parallax.trig"
    assert back.meta["provenance"]["survey"] == "Tiny"
    assert back["parallax"][2] == -0.25, "numbers keep their sign"


def test_csv_is_plain_csv_for_others(table: Table) -> None:
    content = to_csv(table, PROVENANCE)
    back = pd.read_csv(io.BytesIO(content), comment="#", dtype={"source_id": str})
    assert back["source_id"][:3].tolist() == [str(one) for one in IDS]
    assert back["name"][0] == "'=HYPERLINK(1)"


@pytest.mark.parametrize("text", ["=1+1", "+1", "-V1", "@SUM(A1)", "\tx", "\rx"])
def test_formulas_are_neutralised(text: str) -> None:
    assert harmless(text) == f"'{text}"


def test_plain_text_stays_as_it_is() -> None:
    assert harmless("V439 Cas") == "V439 Cas"
    assert harmless("") == ""


def test_provenance_tells_how_the_stars_were_chosen(store: AtlasStore) -> None:
    recipe = [{"kind": "classes", "classes": ["EW"], "mode": "replace"}]
    facts = describe_export(store.atlas, 12, recipe, {"percentile": 99.0})
    assert facts["rows"] == f"12 of {store.n}"
    assert facts["atlas_hash"] == store.atlas.hash
    assert facts["survey_hash"] == store.survey.content_hash
    assert json.loads(facts["selection"]) == recipe
    assert json.loads(facts["thresholds"]) == {"percentile": 99.0}
    assert "SYNTHETIC" in facts["nature"]
    assert all(isinstance(text, str) for text in facts.values())


def test_fits_has_exact_ids_units_ucds_and_provenance(table: Table) -> None:
    content = to_fits(table, {**PROVENANCE, "selection": "Tiny³ " * 60})
    back = Table.read(io.BytesIO(content), format="fits", hdu="STARS")
    assert back["source_id"].dtype.kind == "i"
    assert back["source_id"][:3].tolist() == IDS
    assert str(back["pmra"].unit) == "mas / yr"
    with fits.open(io.BytesIO(content)) as hdus:
        header = hdus["STARS"].header
        assert header["TUCD1"] == "meta.id;meta.main"
        assert header["TCOMM3"] == "Gaia parallax"
        told = Table.read(hdus["PROVENANCE"])
    told.convert_bytestring_to_unicode()
    assert dict(zip(told["name"], told["value"], strict=True))["selection"].startswith("Tiny³")


def test_ecsv_changes_nothing(table: Table) -> None:
    back = Table.read(to_ecsv(table, PROVENANCE).decode(), format="ascii.ecsv")
    assert back["source_id"].dtype == np.int64
    assert back["source_id"][:3].tolist() == IDS
    assert back["name"][0] == "=HYPERLINK(1)"
    assert back.meta["provenance"]["survey"] == "Tiny"


def test_parquet_keeps_meaning_for_astropy_and_arrow(table: Table, tmp_path: Path) -> None:
    path = tmp_path / "list.parquet"
    path.write_bytes(to_parquet(table, PROVENANCE))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # astropy guesses the lengths of texts, and says so
        assert Table.read(path)["source_id"][:3].tolist() == IDS
    schema = pq.read_schema(path)
    assert schema.field("pmra").metadata[b"unit"] == b"mas.yr-1"
    assert json.loads(schema.metadata[b"provenance"]) == PROVENANCE
    header = parse(io.BytesIO(schema.metadata[b"IVOA.VOTable-Parquet.content"]))
    assert [field.name for field in header.get_first_table().fields] == table.colnames


@pytest.mark.parametrize("suffix", list(FORMATS))
def test_a_file_restores_the_selection_it_was_made_of(
    store: AtlasStore, tmp_path: Path, suffix: str
) -> None:
    step = {"kind": "classes", "classes": ["EA", "ROT"], "mode": "replace"}
    mask = replay([step], store)
    stars = selected_stars(store, mask, [step])
    told = stars.provenance(store, {"percentile": 99.0})
    path = tmp_path / f"list.{suffix}"
    path.write_bytes(FORMATS[suffix].write(stars.table(store), told))
    found = read_list(path)
    assert found.source_id.tolist() == store.source_id[mask].tolist()
    assert found.provenance == told
    again, recipe, n_unknown = restore(found, store)
    assert np.array_equal(again, mask)
    assert recipe == [step], "the recipe comes back, not a bare list of stars"
    assert n_unknown == 0


def test_a_list_of_others_is_matched_by_id(store: AtlasStore) -> None:
    ids = [str(one) for one in store.source_id[[5, 9]]]
    content = f"Source_ID,remark\n{ids[0]},a\n{ids[1]},b\n17,c\n".encode()
    mask, recipe, n_unknown = restore(read_in_worker(content, "mine.csv"), store)
    assert np.flatnonzero(mask).tolist() == [5, 9]
    assert np.array_equal(replay(recipe, store), mask)
    assert n_unknown == 1


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("list.exe", b"MZ", "not a list this page reads"),
        ("list.vot", b"<VOTABLE", "cannot be read as VOTable"),
        ("list.csv", b"a,b\n1,2\n", "no column source_id"),
        ("list.csv", b"source_id\n4481234567890123457.5\n", "no 64-bit integer"),
        ("../../list.parquet", b"PAR1", "cannot be read as Parquet"),
    ],
)
def test_bad_files_are_refused_in_words(
    tmp_path: Path, name: str, content: bytes, said: str
) -> None:
    path = tmp_path / Path(name).name
    path.write_bytes(content)
    with pytest.raises(InputError, match=said):
        read_list(path)


def test_the_worker_hands_the_refusal_on_and_takes_no_path_from_a_name() -> None:
    with pytest.raises(InputError, match=r"\.\./\.\./list\.csv: .*no column source_id"):
        read_in_worker(b"a,b\n1,2\n", "../../list.csv")


def test_a_file_that_takes_too_long_is_given_up() -> None:
    with pytest.raises(InputError, match="given up"):
        read_in_worker(b"source_id\n1\n", "slow.csv", max_seconds=0.05)


VERDICTS = {
    "verdict": ["unsure", "wrong class", "catalogue right"],
    "classes": [None, "EW|RRC", None],
    "note": ["", "=1+1 <b>", ""],
    "vetter": ["ana", "bo", "ana"],
}


def test_the_latest_verdict_stands_beside_each_star(store: AtlasStore) -> None:
    verdicts = pd.DataFrame({"source_id": store.source_id[[7, 7, 3]], **VERDICTS})
    stars = vetted_stars(store, verdicts)
    assert stars.rows.tolist() == [7, 3]
    assert stars.vetters == ("ana", "bo")
    table = stars.table(store)
    assert table["verdict"].tolist() == ["wrong class", "catalogue right"]
    assert table["verdict_classes"][0] == "EW|RRC"
    assert table.colnames[0] == "source_id"
    assert stars.provenance(store, {})["vetters"] == "ana, bo"
    back = pd.read_csv(io.BytesIO(to_csv(table, {})), comment="#")
    assert back["verdict_note"][0] == "'=1+1 <b>"


def test_the_queue_keeps_its_order_and_says_why(store: AtlasStore) -> None:
    flags = store.flags()
    stars = ranked_stars(store, "flag queue", flags)
    table = replace(stars, told=lambda n: store.flags.told(flags[:n])).table(store)
    assert table["source_id"].tolist() == store.source_id[flags["row"]].tolist()
    assert table["rank"].tolist() == list(range(1, len(flags) + 1))
    assert table["sentence"].tolist() == store.flags.told(flags)["sentence"].tolist()


def test_words_for_a_paper(store: AtlasStore) -> None:
    stars = selected_stars(store, np.arange(store.n) < 3, [])
    told = stars.provenance(store, {"percentile": 99.0, "min_modalities": 2})
    sentence = methods_sentence(told, store.survey.manifest)
    assert f"{store.n} stars of Tiny sky" in sentence
    assert "99th percentile" in sentence
    assert store.atlas.hash[:12] in sentence
    latex = to_latex(stars.table(store), told)
    assert latex.count(r" \\") == 3 + 2  # stars, heading, units
    assert str(store.source_id[2]) in latex
    assert "rizhko2024" in bibtex(store.survey.manifest)


def test_latex_prints_text_as_it_is() -> None:
    assert latex_text("a_b & 5% {x} \\ ^~#$") == (
        r"a\_b \& 5\% \{x\} \textbackslash{} \textasciicircum{}\textasciitilde{}\#\$"
    )


def test_data_are_credited_by_their_source() -> None:
    asas = {"provenance": {"inputs": {"config": {"source": "asas_acvs"}}}}
    assert "Pojmański 2002" in credits_of(asas)[0].text
    assert credits_of({"credits": ["Mine et al. 2026"]})[0].text == "Mine et al. 2026"
    assert credits_of({}) == ()
