"""What follows from the verdicts, as HTML: wrong labels per class, agreement."""

import math
from html import escape

from app.chips import class_chip
from app.verdicts.agreement import Agreement
from app.verdicts.estimates import Share
from app.vetting import Progress

_HEAD = (
    "<tr><th>class</th><th>stars</th><th title='found wrong of those looked at for their rank'>"
    "ranked</th><th title='found wrong of those drawn at random'>drawn</th>"
    "<th colspan='2'>wrong labels, 95 % interval</th></tr>"
)
_METHOD = (
    "Weighted by the inverse of the chance of being looked at (Hájek); exact hypergeometric "
    "interval. Wrong: another class, not variable, or an artefact. “Not estimable” until a star "
    "drawn at random has been looked at."
)


def results_html(shares: list[Share], agreed: Agreement, progress: Progress) -> str:
    """The statistics of a queue."""
    all_classes, *classes = shares
    looked_at = [share for share in classes if share.n_ranked or share.n_drawn]
    rows = "".join(
        _share_html(share)
        for share in [all_classes, *looked_at, *(s for s in classes if s not in looked_at)]
    )
    return (
        f'<div class="results"><table>{_HEAD}{rows}</table>'
        f'<div class="words">{_agreement_html(agreed, progress)}'
        f'<p class="muted">{_METHOD}</p></div></div>'
    )


def _share_html(share: Share) -> str:
    name = "<b>all classes</b>" if share.label == "all" else class_chip(share.label)
    bar, words = "", '<span class="muted">not estimable</span>'
    if share.is_estimable:
        left, width = 100 * share.low, 100 * (share.high - share.low)
        bar = (
            f'<span class="interval"><i style="left:{left:.2f}%;width:{width:.2f}%"></i>'
            f'<b style="left:{100 * share.value:.2f}%"></b></span>'
        )
        words = share.words.replace("(", '<span class="muted">(').replace(")", ")</span>")
    undecided = f' title="{share.undecided} undecided"' if share.undecided else ""
    return (
        f"<tr{undecided}><td>{name}</td><td>{share.n:,}</td>"
        f"<td>{_of(share.wrong_ranked, share.n_ranked)}</td>"
        f"<td>{_of(share.wrong_drawn, share.n_drawn)}</td><td>{bar}</td><td>{words}</td></tr>"
    )


def _of(part: int, whole: int) -> str:
    return f"{part} of {whole}" if whole else "—"


def _agreement_html(agreed: Agreement, progress: Progress) -> str:
    people = "".join(
        f"<li>{escape(name)}: {n:,} verdicts</li>" for name, n in sorted(progress.others.items())
    )
    others = f"<b>Others</b><ul>{people}</ul>" if people else ""
    if not agreed.n_stars:
        return others + '<p class="muted">No star has verdicts of several vetters yet.</p>'
    pairs = "".join(
        f"<li>{escape(one)} and {escape(other)}: κ {_kappa(kappa)} on {n:,}</li>"
        for (one, other), (kappa, n) in agreed.pairs.items()
    )
    return (
        f"{others}<b>Agreement</b><ul><li>the same on {agreed.n_same:,} of {agreed.n_stars:,} "
        f"stars</li><li>Fleiss’ κ {_kappa(agreed.fleiss)}</li>{pairs}</ul>"
    )


def _kappa(value: float) -> str:
    return f"{value:.2f}".replace("-", "−") if math.isfinite(value) else "—"
