"""A dossier really made by its process: one page a star, self-contained, text as text."""

import asyncio
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from app.atlas_store import AtlasStore
from app.dossier.control import first_stars
from app.dossier.making import DossierMaker
from app.export.formats import to_parquet
from app.export.lists import ranked_stars
from data_pipeline.errors import InputError

HOSTILE = '<script>alert("1")</script>'


@pytest.fixture(scope="module")
def stars(store: AtlasStore) -> bytes:
    """A list of three stars, one with a verdict that is markup."""
    flags = store.flags()
    listed = ranked_stars(store, "flag queue", flags)
    listed = first_stars(replace(listed, told=lambda n: store.flags.told(flags[:n])), 3)
    verdicts = pd.DataFrame(
        {
            "source_id": store.source_id[listed.rows[:1]], "verdict": ["wrong class"],
            "note": [HOSTILE], "vetter": ["ana"], "is_sure": [False],
        }
    )  # fmt: skip
    listed = listed.with_verdicts(verdicts, store.source_id)
    return to_parquet(listed.table(store), listed.provenance(store, {"percentile": 99.0}))


def test_a_dossier_has_a_page_for_each_star(store: AtlasStore, stars: bytes) -> None:
    told: list[tuple[int, int]] = []
    maker = DossierMaker(store.atlas.path, lambda done, of: told.append((done, of)))
    path = asyncio.run(maker.make(stars, f"My {HOSTILE}"))
    assert path is not None
    html = path.read_text(encoding="utf-8")
    assert told == [(1, 3), (2, 3), (3, 3)]
    assert html.count('<section id="star-') == html.count("<svg") == 3
    assert "<script" not in html
    assert html.count("&lt;script&gt;") >= 2, "title and note are shown as text"
    assert not re.search(r'(?:src|href)="(?!#|data:)', html), "nothing is fetched from elsewhere"
    assert "SYNTHETIC" in html
    assert "Verdict: wrong class (probable)" in html
    assert store.flags.told(store.flags()[:1])["sentence"][0].split(";")[0] in html.replace(
        "&#x27;", "'"
    )
    ids = re.findall(r'\bid="([^"]+)"', html)
    assert len(ids) == len(set(ids)), "the drawings do not share names"
    maker.close()
    assert not path.exists()


def test_a_dossier_can_be_stopped(store: AtlasStore, stars: bytes) -> None:
    async def stop_soon() -> Path | None:
        maker = DossierMaker(store.atlas.path, lambda done, of: None)
        making = asyncio.create_task(maker.make(stars, ""))
        while not maker.is_running:
            await asyncio.sleep(0.01)
        maker.stop()
        made = await making
        maker.close()
        return made

    assert asyncio.run(stop_soon()) is None


def test_a_dossier_of_strangers_says_so(store: AtlasStore) -> None:
    stars = pd.DataFrame({"source_id": np.array([17], dtype=np.int64)})
    maker = DossierMaker(store.atlas.path, lambda done, of: None)
    with pytest.raises(InputError, match="none of the 1 stars"):
        asyncio.run(maker.make(stars.to_parquet(), "x"))
    maker.close()
