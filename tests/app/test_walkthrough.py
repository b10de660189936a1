"""The walk-through: its clicks, done on a small sky, show what the text says they show.

The steps are those of docs/walkthrough.py, which also wrote them into docs/walkthrough.md. The sky
is simulated as the demo is; its vectors are drawn around one direction per kind of star, so that
the rotators' giants and dwarfs and the Miras' M and C types lie apart as a trained model has them.
Nine classes are kept from the "training".
"""

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlparse

import numpy as np
import pandas as pd
import pytest
from browsing import Plot, eventually, open_page, serving
from playwright.sync_api import Page, expect

from app.atlas_store import AtlasStore
from app.permalink import Permalink
from app.searching import Question, answer, ask_star
from app.state import AppState
from data_pipeline.demo import make_demo
from data_pipeline.demo.classes import UNSEEN_CLASSES
from data_pipeline.directories import provenance
from data_pipeline.survey import Survey
from model.atlas import Atlas, build_atlas
from model.embeddings import Embeddings

DOCS = Path(__file__).resolve().parents[2] / "docs"
sys.path.append(str(DOCS))
from walkthrough import (  # noqa: E402 - lies beside the text, on no path
    CHAPTERS,
    TEXT,
    Chapter,
    clicks,
    perform,
    place_of,
    tray,
)

pytestmark = pytest.mark.browser
N_STARS, DIM = 800, 24
APART = {"ROT": {"photometry", "spectra", "metadata"}, "M": {"spectra"}}
"""In which data the subtypes of a class have directions of their own."""


@pytest.fixture(scope="module")
def sky(tmp_path_factory: pytest.TempPathFactory) -> AtlasStore:
    """A simulated sky of `N_STARS`, as the page sees it."""
    home = tmp_path_factory.mktemp("walk")
    make_demo(home / "survey", N_STARS, seed=8, spectra_fraction=0.95, workers=1)
    survey = Survey.open(home / "survey")
    build_atlas(survey, _embeddings(survey, home / "embeddings"), home / "atlas", k=20)
    return AtlasStore(Atlas.open(home / "atlas"))


def _embeddings(survey: Survey, path: Path) -> Embeddings:
    """Vectors around a direction per true class, or per subtype where those lie apart."""
    rng = np.random.default_rng(9)
    truth = _truth(survey)
    everybody = np.ones(len(survey), dtype=bool)
    present = {
        "photometry": survey.has_photometry, "spectra": survey.has_spectra, "metadata": everybody,
    }  # fmt: skip
    vectors = {}
    for modality, has in present.items():
        kinds = [
            (name, subtype if modality in APART.get(name, ()) else "")
            for name, subtype in zip(truth["true_class"], truth["subtype"], strict=True)
        ]
        center = {kind: rng.normal(size=DIM) for kind in sorted(set(kinds))}
        raw = np.array([center[kind] for kind in kinds]) + rng.normal(0, 0.3, (len(survey), DIM))
        unit = raw / np.linalg.norm(raw, axis=1, keepdims=True)
        vectors[modality] = np.where(has[:, None], unit, 0).astype(np.float32)
    seen = ~survey.objects["class_label"].isin(UNSEEN_CLASSES).to_numpy()
    return Embeddings.write(
        path, survey.source_id, vectors, present, seen, "none", survey.path,
        provenance("tests", seed=9),
    )  # fmt: skip


def _truth(survey: Survey) -> pd.DataFrame:
    """What was simulated, row by row."""
    truth = survey.truth
    assert truth is not None
    return truth.set_index("source_id").loc[survey.source_id]


@pytest.fixture(scope="module")
def address(sky: AtlasStore, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The page over the sky, on the star that the searches ask about: one with all its data."""
    verdicts = f"sqlite:///{tmp_path_factory.mktemp('log')}/verdicts.sqlite"
    log = tmp_path_factory.mktemp("walk-server") / "log"
    with serving(str(sky.atlas.path), "--verdicts", verdicts, log=log) as page_address:
        yield f"{page_address}?star={sky.source_id[asked(sky)]}"


def asked(sky: AtlasStore) -> int:
    """Row of the star that the searches ask about."""
    return int(np.flatnonzero((sky.labels == "EA") & sky.has_spectrum & sky.has_light_curve)[0])


def test_the_text_holds_the_clicks() -> None:
    told = TEXT.read_text(encoding="utf-8")
    for chapter in CHAPTERS:
        found = place_of(chapter).search(told)
        assert found is not None, f"no place for the clicks of {chapter.key}"
        assert found.group(2) == clicks(chapter), "docs/walkthrough.py --text writes them anew"
        assert f"pictures/walk-{chapter.key}.png" in told
        assert (DOCS / "pictures" / f"walk-{chapter.key}.png").is_file()


def test_the_commands_of_the_text_are_understood() -> None:
    """Every option of the commands for the published data is one of the command's."""
    blocks = re.findall(r"^```bash\n(.*?)^```", TEXT.read_text(), flags=re.MULTILINE | re.DOTALL)
    lines = "".join(blocks).replace("\\\n", " ").splitlines()
    commands = [
        line.split() for line in lines if re.match("python -m (data_pipeline|model) ", line)
    ]
    assert len(commands) == 5
    for command in commands:
        options = [word for word in command if word.startswith("--")]
        module = command[2:5] if command[3] == "fetch" else command[2:4]
        said = subprocess.run(
            [sys.executable, "-m", *module, "--help"], cwd=DOCS.parent, capture_output=True,
            text=True, check=True,
        ).stdout  # fmt: skip
        assert [option for option in options if option not in said] == [], command


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda chapter: chapter.key)
def test_the_clicks_show_what_the_text_says(
    chapter: Chapter, page: Page, address: str, sky: AtlasStore
) -> None:
    open_page(page, address)
    for step in chapter.steps:
        perform(page, step)
    SHOWS[chapter.key](page, sky)


def shows_classes(page: Page, sky: AtlasStore) -> None:
    """Every class in the legend with its count, and its colour on the map."""
    legend = page.locator("section.legend")
    for label, count in zip(sky.classes, sky.class_counts, strict=True):
        expect(legend.locator(f'[data-label="{label}"]')).to_contain_text(str(count))
    map_ = Plot(page, ".map")
    for style in sky.class_styles:
        if (sky.labels == style.label).sum() > 0.05 * sky.n:  # few may lie below others
            assert map_.near(style.color, 25).any(), f"{style.label} is on the map"


def shows_rotators(page: Page, sky: AtlasStore) -> None:
    """Two parts; the selected one holds giants, which lie above the dwarfs."""
    dwarfs, giants = (_of_subtype(sky, "ROT", kind) for kind in ("dwarf", "giant"))
    assert np.nanmedian(sky.cmd.y[giants]) < np.nanmedian(sky.cmd.y[dwarfs]) - 2
    _is_mostly(page, sky, "ROT", giants)
    color = next(style.color for style in sky.class_styles if style.label == "ROT")
    scatter = Plot(page, ".scatter")
    eventually(lambda: scatter.near(color, 25).any(), "giants are lit")
    height = _heights_when_lit(scatter, color)
    tray(page).locator(".row[data-index='0']:visible").click()
    eventually(
        lambda: _heights_when_lit(scatter, color) > height + 40, "the dwarfs, lit, lie lower down"
    )


def shows_miras(page: Page, sky: AtlasStore) -> None:
    """Two parts by their spectra; the selected one holds the carbon stars, on the spectra's map."""
    _is_mostly(page, sky, "M", _of_subtype(sky, "M", "C-type"))
    expect(page.locator("section.map")).to_contain_text("Map: spectrum")
    selected = _selected_rows(page, sky)
    assert _of_subtype(sky, "M", "C-type")[selected].mean() > 0.8


def _selected_rows(page: Page, sky: AtlasStore) -> np.ndarray:
    """Rows of the selection, out of the address."""
    state = AppState(sky.n)
    Permalink(state, sky, lambda text: None).restore(urlparse(page.url).query)
    return np.flatnonzero(state.selection)


def _heights_when_lit(scatter: Plot, color: str) -> float:
    """Mean height of the pixels of a colour, from the top."""
    lit = np.nonzero(scatter.near(color, 25))[0]
    return float(lit.mean()) if len(lit) else 0.0


def _of_subtype(sky: AtlasStore, label: str, subtype: str) -> np.ndarray:
    truth = _truth(sky.survey)
    return ((truth["true_class"] == label) & (truth["subtype"] == subtype)).to_numpy()


def _is_mostly(page: Page, sky: AtlasStore, label: str, wanted: np.ndarray) -> None:
    """The part that is picked in the list is selected, and mostly of the wanted kind."""
    row = tray(page).locator(".row.active:visible")
    expect(row).to_contain_text("B")
    count = page.locator("header .count")
    expect(count).not_to_have_text("0")
    n_selected = int(count.inner_text().replace(",", ""))
    expect(row).to_contain_text(f"{n_selected}")
    space = "spectra" if label == "M" else "fused"
    here = (sky.labels == label) & sky.atlas.present(space) & wanted
    assert n_selected == pytest.approx(here.sum(), abs=max(3, 0.15 * here.sum()))


def shows_contradicted(page: Page, sky: AtlasStore) -> None:
    """A star with a class and another that is suggested, its spectrum in view."""
    card = page.locator("aside .card")
    expect(card).to_contain_text("Flag ")
    label, suggested = _classes(page)
    assert label != suggested
    assert {label, suggested} <= set(sky.classes)
    row = _in_focus(page, sky)
    assert sky.label(row) == label
    assert sky.objects["vote_class_fused"][row] == suggested


def shows_outlier(page: Page, sky: AtlasStore) -> None:
    """A flagged star, with its place on the map of each kind of data."""
    expect(page.locator("aside .card")).to_contain_text("Flag ")
    for name in ("light curve", "spectrum", "catalogue"):
        expect(page.locator("aside .card")).to_contain_text(name)
    listed = tray(page).locator(".row[data-index='0']:visible")
    expect(listed).to_contain_text(sky.name(_in_focus(page, sky))[:8])


def _classes(page: Page) -> tuple[str, str]:
    chips = page.locator("aside .card .classes .chip, aside .card .chip")
    texts = [text.strip() for text in chips.all_inner_texts()]
    return texts[0], texts[1].split()[0]


def _in_focus(page: Page, sky: AtlasStore) -> int:
    return sky.find(page.locator("aside .star-name").inner_text()).row


def shows_unseen(page: Page, sky: AtlasStore) -> None:
    """All nine classes that were kept from the training, drawn large; RRD near RRAB and RRC."""
    chosen = page.get_by_label("Lay over the maps").locator("option:checked")
    expect(chosen).to_have_text("all 9 unseen classes")
    assert sorted(sky.unseen_classes) == sorted(UNSEEN_CLASSES)
    map_ = Plot(page, ".map")
    laid_over = map_.wait_until_still()
    page.get_by_label("Lay over the maps").select_option(label="nothing laid over")
    eventually(lambda: not np.array_equal(map_.pixels(), laid_over), "they are taken away again")


def shows_similar(page: Page, sky: AtlasStore) -> None:
    """The nearest by spectrum comes first, and is laid over the star that was asked about."""
    rows = answer(sky, Question(ask_star(sky, asked(sky)), by="spectra")).rows
    _first_found(page, sky, int(rows[0]))
    assert _in_focus(page, sky) == rows[0]
    expect(page.locator("aside .card")).to_contain_text(f"with {sky.name(asked(sky))[:6]}")


def shows_across(page: Page, sky: AtlasStore) -> None:
    """This light curve against all spectra."""
    question = Question(ask_star(sky, asked(sky)), by="photometry", among="spectra")
    found = answer(sky, question)
    _first_found(page, sky, int(found.rows[0]))
    expect(tray(page)).to_contain_text("by light curve against spectrum")
    expect(tray(page)).to_contain_text(f"{found.near[0]:.3f}")


def shows_contrast(page: Page, sky: AtlasStore) -> None:
    """Of the nearest by light curve, the one that is farthest by spectrum."""
    question = Question(ask_star(sky, asked(sky)), by="photometry", far_by="spectra")
    found = answer(sky, question)
    assert found.far is not None
    _first_found(page, sky, int(found.rows[0]))
    expect(tray(page)).to_contain_text(f"{found.near[0]:.3f}")
    expect(tray(page)).to_contain_text(f"{found.far[0]:.3f}")


def _first_found(page: Page, sky: AtlasStore, row: int) -> None:
    first = tray(page).locator(".row[data-index='0']:visible")
    expect(first).to_contain_text(sky.name(row))


SHOWS: dict[str, Callable[[Page, AtlasStore], None]] = {
    "umap": shows_classes,
    "rotators": shows_rotators,
    "miras": shows_miras,
    "misclassified": shows_contradicted,
    "outliers": shows_outlier,
    "unseen": shows_unseen,
    "similar": shows_similar,
    "across": shows_across,
    "contrast": shows_contrast,
}
