"""The confusion matrix as a table whose cells can be clicked, with the numbers of each class."""

from collections.abc import Callable
from html import escape
from typing import ClassVar

import param

from app.chips import marker
from app.chrome import Piece, static
from model.analysis.confusion import Confusion


class ConfusionTable(Piece):
    """Sends the names of a cell's label and prediction to `on_cell`; "" stands for all."""

    table_html = param.String("")
    picked = param.List(["", ""], item_type=str, doc="Label and prediction of the cell picked.")

    on_cell: Callable[[str, str], None] | None = None

    _esm = static("confusion_table.js")
    _stylesheets: ClassVar[list[str]] = [static("controls.css"), static("confusion_table.css")]

    def _handle_msg(self, data: dict[str, str]) -> None:
        if self.on_cell is not None:
            self.on_cell(str(data["label"]), str(data["predicted"]))


def confusion_html(found: Confusion) -> str:
    """Rows are the catalogue's classes, columns what was predicted; shaded by share of the row."""
    head = "".join(
        f'<th scope="col" title="predicted {escape(name)}"><button data-label="" '
        f'data-predicted="{escape(name, quote=True)}">{marker(name)}<span>{escape(name)}</span>'
        "</button></th>"
        for name in found.classes
    )
    measures = "".join(f'<th class="measure">{name}</th>' for name in ("recall", "precision", "F₁"))
    rows = "".join(_row_html(found, place) for place in range(len(found.classes)))
    return (
        f"<table><tr><th class='corner'>catalogue ↓ &nbsp; predicted →</th>{head}"
        f"{measures}</tr>{rows}</table>"
    )


def _row_html(found: Confusion, place: int) -> str:
    name, counts = found.classes[place], found.counts[place]
    whole = max(int(counts.sum()), 1)
    cells = "".join(
        _cell_html(name, other, int(count), int(count) / whole)
        for other, count in zip(found.classes, counts, strict=True)
    )
    numbers = found.per_class.iloc[place]
    measures = "".join(
        f'<td class="measure">{numbers[key]:.2f}</td>' for key in ("recall", "precision", "f1")
    )
    return (
        f'<tr><th scope="row"><button data-label="{escape(name, quote=True)}" data-predicted="">'
        f'{marker(name)}{escape(name)} <span class="muted">{int(numbers["n"]):,}</span></button>'
        f"</th>{cells}{measures}</tr>"
    )


def _cell_html(label: str, predicted: str, count: int, share: float) -> str:
    kind = "right" if label == predicted else "wrong"
    title = f"{count:,} {label} predicted {predicted}: {100 * share:.1f} % of them"
    return (
        f'<td><button class="{kind}" style="--share:{share:.3f}" title="{escape(title)}" '
        f'data-label="{escape(label, quote=True)}" data-predicted="{escape(predicted, quote=True)}"'
        f"{' disabled' if count == 0 else ''}>{count or '·'}</button></td>"
    )
