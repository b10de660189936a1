"""A survey of nothing but two-band fluxes: the card shows them and says what is lacking."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from app.atlas_store import AtlasStore
from app.plain_survey import is_survey, survey_atlas
from app.state import AppState
from app.views.card import Card
from app.views.cluster_panel import ClusterPanel
from app.views.tray import Tray
from data_pipeline.directories import provenance
from data_pipeline.ids import stable_ids
from data_pipeline.light_curves import LightCurve
from data_pipeline.schema import Band
from data_pipeline.survey import Survey, SurveyWriter
from model.atlas import Atlas, build_atlas
from model.embeddings import Embeddings

N_STARS = 60


@pytest.fixture(scope="module")
def bare_store(tmp_path_factory: pytest.TempPathFactory) -> AtlasStore:
    directory = tmp_path_factory.mktemp("bare")
    rng = np.random.default_rng(3)
    ids = stable_ids("bare", range(N_STARS))
    bands = {"B": Band("flux", "ADU"), "R": Band("flux", "ADU")}
    with SurveyWriter(directory / "survey", "Bare", bands) as writer:
        label = np.where(np.arange(N_STARS) % 2, "RRL", "EB")
        writer.write_objects(pd.DataFrame({"source_id": ids, "class_label": label}))
        for source_id in ids.tolist()[1:]:
            time = np.sort(rng.uniform(0, 500, 80))
            flux = 900 + 100 * np.sin(2 * np.pi * time / 0.6) + rng.normal(0, 10, 80)
            band = np.where(np.arange(80) % 2, "B", "R")
            writer.add_light_curve(source_id, LightCurve.from_flux(time, flux, 10.0, band))
    survey = Survey.open(directory / "survey")
    return AtlasStore(Atlas.open(embedded(survey, directory)))


def embedded(survey: Survey, directory: Path) -> Path:
    vectors = np.random.default_rng(4).normal(size=(N_STARS, 8)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    vectors[~survey.has_photometry] = 0
    embeddings = Embeddings.write(
        directory / "embeddings", survey.source_id, {"photometry": vectors},
        {"photometry": survey.has_photometry}, np.ones(N_STARS, bool), "none", survey.path,
        provenance("tests"),
    )  # fmt: skip
    build_atlas(survey, embeddings, directory / "atlas", k=10)
    return directory / "atlas"


def test_the_card_shows_the_fluxes_and_names_what_is_lacking(bare_store: AtlasStore) -> None:
    card = Card(AppState(bare_store.n, focus=5), bare_store)
    curve = card.light_curve
    assert curve.drawing.y_range.start < curve.drawing.y_range.end, "fluxes are not inverted"
    assert curve.drawing.figure.yaxis.axis_label == "flux [ADU]"
    assert curve.fold is None
    assert "No period is known" in curve.line.text
    assert not curve.bar.folded
    spectrum = card.detail.part("spectrum")
    assert spectrum.message.object == "This survey has no spectra."
    assert not spectrum.plot.visible
    assert bare_store.name(5) in card.facts.identity.object
    assert "nan" not in (card.facts.values.object + card.facts.identity.object).lower()


def test_a_typed_period_folds_a_star_that_had_none(bare_store: AtlasStore) -> None:
    card = Card(AppState(bare_store.n, focus=5), bare_store)
    card.light_curve.act({"act": "typed", "text": "0.6", "unit": "d"})
    assert card.light_curve.fold is not None
    assert len(card.light_curve.drawing.source.data["x"]) == 80
    median = card.light_curve.drawing.median.data["y"]
    assert np.isnan(median).sum() == 2, "one line per band"


def test_a_star_without_anything_is_no_error(bare_store: AtlasStore) -> None:
    state = AppState(bare_store.n, focus=0)
    card, tray = Card(state, bare_store), Tray(state, bare_store)
    assert card.light_curve.message.object == "No light curve of this star."
    assert "has no data to compare" in tray.neighbors.list.empty_html
    assert tray.neighbors.list.total == 0


def test_every_tab_opens(bare_store: AtlasStore) -> None:
    tray = Tray(AppState(bare_store.n, focus=5), bare_store)
    for tab in tray.tabs.options:
        tray.tabs.value = tab
    assert "BP − RP" not in tray.neighbors.list.head_html


def test_parts_leave_out_the_figures_nothing_can_fill(bare_store: AtlasStore) -> None:
    panel = ClusterPanel(AppState(bare_store.n), bare_store)
    panel.is_open = True
    assert list(panel.plots.figures) == ["curves"]
    assert panel.partition is not None
    assert all(part.n_curves == part.n_spectra == 0 for part in panel.partition.parts)


def test_a_survey_is_told_from_an_atlas(bare_store: AtlasStore, tmp_path: Path) -> None:
    assert is_survey(bare_store.atlas.survey.path)
    assert not is_survey(bare_store.atlas.path)
    assert not is_survey(tmp_path)


def test_a_bare_table_opens_without_a_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Identifiers, positions, periods and classes; no light curve, no feature, no run."""
    monkeypatch.setenv("ASTROM3_DEMO_DIR", str(tmp_path / "cache"))
    rng = np.random.default_rng(5)
    ids = stable_ids("table", range(N_STARS))
    table = pd.DataFrame(
        {
            "source_id": ids, "class_label": np.where(np.arange(N_STARS) % 2, "RRL", "EB"),
            "ra_deg": rng.uniform(0, 360, N_STARS), "dec_deg": rng.uniform(-60, 60, N_STARS),
            "period_catalog_days": 10 ** rng.normal(0, 0.5, N_STARS),
        }
    )  # fmt: skip
    with SurveyWriter(tmp_path / "survey", "Table", {}) as writer:
        writer.write_objects(table)
    said: list[str] = []
    path = survey_atlas(tmp_path / "survey", said.append)
    assert "Table is a survey, not an atlas" in said[0]
    store = AtlasStore(Atlas.open(path))
    assert store.n == N_STARS
    assert survey_atlas(tmp_path / "survey", said.append) == path
    assert len(said) == 1  # made once
