"""Exports read back by astropy: exact ids, units, UCDs, provenance; safe in a spreadsheet."""

import io
import json

import numpy as np
import pandas as pd
import pytest
from astropy.io.votable import parse
from astropy.table import Table

from app.atlas_store import AtlasStore
from app.export import describe_export, harmless, star_table, to_csv, to_votable
from app.state import AppState
from app.views.export_panel import ExportPanel
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


@pytest.mark.parametrize("kind", ["vot", "csv"])
def test_the_panel_writes_the_selection_or_everything(store: AtlasStore, kind: str) -> None:
    state = AppState(store.n)
    panel = ExportPanel(state, store)
    panel.is_open = True
    assert f"all {store.n}" in panel.words.object
    mask = np.zeros(store.n, dtype=bool)
    mask[[3, 8, 100]] = True
    state.select(mask, recipe={"kind": "ids", "ids": []})
    assert "3 selected" in panel.words.object
    assert panel.buttons[kind].filename == f"tiny-sky-SYNTHETIC-3-stars.{kind}"
    name = {"vot": "votable", "csv": "ascii.ecsv"}[kind]
    content = panel.content(kind).getvalue()
    back = Table.read(content.decode() if kind == "csv" else io.BytesIO(content), format=name)
    expected = store.source_id[[3, 8, 100]].tolist()
    assert [int(one) for one in back["source_id"]] == expected
    assert str(back["period_days"].unit) == "d"
