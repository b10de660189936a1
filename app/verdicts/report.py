"""What has been found out so far, as one mapping for people and machines."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from app.atlas_store import AtlasStore
from app.verdicts.agreement import agreement, opinions
from app.verdicts.book import VerdictBook, wrong_by_majority
from app.verdicts.choice import QueueChoice, population_of, queue_of
from app.verdicts.estimates import CONFIDENCE, Share, wrong_shares
from app.verdicts.queue import Mask, Queue
from data_pipeline.verdict_log import KINDS


def shares_of(
    store: AtlasStore,
    book: VerdictBook,
    queue: Queue,
    population: Mask,
    vetter: str | None = None,
) -> list[Share]:
    """Estimate the share of wrong labels in a population, all classes first.

    By the majority of the vetters, or by one.
    """
    wrong = wrong_by_majority(book, store.source_id, vetter)
    return wrong_shares(queue, population, store.labels, wrong)


def report(store: AtlasStore, book: VerdictBook) -> dict[str, Any]:
    """Who vetted how much, what share of each class is wrong, how far vetters agree."""
    choice = QueueChoice()
    population = population_of(store, choice, np.ones(store.n, dtype=bool))
    queue = queue_of(store, choice, store.flags(), population)
    kinds = [entry.kind for entry in book.standing()]
    agreed = agreement(opinions(book))
    return {
        "survey": store.atlas.name,
        "is_synthetic": store.atlas.is_synthetic,
        "atlas_hash": store.atlas.hash,
        "entries": len(book.log),
        "flagged": len(queue.ranked),
        "vetters": {
            name: {"verdicts": n, "per_hour": _number(book.per_hour(name))}
            for name, n in sorted(book.vetters.items())
        },
        "kinds": {kind: kinds.count(kind) for kind in KINDS if kind in kinds},
        "confidence": CONFIDENCE,
        "shares": [
            {name: _number(value) for name, value in share._asdict().items()}
            for share in shares_of(store, book, queue, population)
        ],
        "agreement": {
            "stars": agreed.n_stars,
            "same": agreed.n_same,
            "fleiss_kappa": _number(agreed.fleiss),
            "cohen_kappa": [
                {"vetters": list(pair), "kappa": _number(kappa), "stars": n}
                for pair, (kappa, n) in agreed.pairs.items()
            ],
        },
    }


def report_text(found: dict[str, Any]) -> str:
    """The report as a person reads it."""
    lines = [
        f"{found['survey']}{' (SYNTHETIC)' if found['is_synthetic'] else ''}: "
        f"{found['entries']:,} entries, {found['flagged']:,} flagged stars",
        *(
            f"  {name}: {of['verdicts']:,} verdicts"
            + (f", {of['per_hour']:.0f} an hour" if of["per_hour"] else "")
            for name, of in found["vetters"].items()
        ),
        "",
        f"{'class':<12}{'stars':>8}{'ranked':>10}{'drawn':>10}  wrong labels (95 % interval)",
    ]
    for of_class in found["shares"]:
        values: dict[str, Any] = {k: math.nan if v is None else v for k, v in of_class.items()}
        share = Share(**values)
        ranked = f"{share.wrong_ranked}/{share.n_ranked}"
        drawn = f"{share.wrong_drawn}/{share.n_drawn}"
        lines.append(f"{share.label:<12}{share.n:>8,}{ranked:>10}{drawn:>10}  {share.words}")
    agreed = found["agreement"]
    if agreed["stars"]:
        kappa = agreed["fleiss_kappa"]
        lines += [
            "",
            f"{agreed['same']} of {agreed['stars']} stars that several vetted got the same verdict"
            + ("" if kappa is None else f"; Fleiss' kappa {kappa:.2f}"),
            *(
                f"  {' and '.join(pair['vetters'])}: "
                + ("nothing to compare" if pair["kappa"] is None else f"kappa {pair['kappa']:.2f}")
                + f" on {pair['stars']} stars"
                for pair in agreed["cohen_kappa"]
            ),
        ]
    return "\n".join(lines)


def _number(value: Any) -> Any:
    """NaN has no place in JSON."""
    return None if isinstance(value, float) and value != value else value
