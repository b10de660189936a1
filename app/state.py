"""What one browser session looks at: parameters only, and the history of its selections.

Views read and write this object and nothing of each other. A selection is a boolean array over the
atlas rows that is replaced, never changed in place, together with the recipe that made it: a list
of steps (see app/selection.py), so that an address can bring it back.
"""

from typing import Any, Literal

import numpy as np
import param
from numpy.typing import NDArray

from app.packed import PackedMask

Mask = NDArray[np.bool_]
Mode = Literal["replace", "add", "subtract", "intersect"]
HISTORY_LENGTH = 100
TABS = ("Neighbours", "Search", "Queue", "Selection", "Subclusters", "Model", "Export")
OF_STAR: dict[str, Any] = {
    "fold_factor": 1.0,
    "fold_period_days": None,
    "fold_shift": 0.0,
    "spectrum_epoch": 0,
    "chosen_period_days": None,
    "chosen_period_err_days": None,
    "chosen_epoch": None,
    "chosen_epoch_err": None,
    "chosen_epoch_reference": "",
}
"""What belongs to the star in focus, and goes with it when another comes into focus."""


class AppState(param.Parameterized):
    """The state of one session over an atlas of `n_objects` rows."""

    focus = param.Integer(-1, bounds=(-1, None), doc="Row of the star in focus; -1 for none.")
    selection = param.Array(doc="Boolean mask over the atlas rows, shape (N,).")
    recipe = param.List([], item_type=dict, doc="The steps that made the selection.")
    highlighted_rows = param.List([], item_type=int, doc="Rows ringed on every map.")

    mode: "param.Selector[str]" = param.Selector(
        default="Explore", objects=["Explore", "Vet", "Search", "Cluster", "Report"]
    )
    tab: "param.Selector[str]" = param.Selector(
        default="", objects=["", *TABS], doc="Tab of the tray in front; empty for the mode's own."
    )
    select_mode: "param.Selector[str]" = param.Selector(
        default="replace",
        objects=["replace", "add", "subtract", "intersect"],
        doc="What the next lasso or box does to the selection.",
    )
    hidden_classes = param.List([], item_type=str, doc="Classes switched off in the legend.")
    laid_over = param.List([], item_type=str, doc="Classes drawn large above all others.")
    color_by = param.String("class_label", doc="Column of the atlas that colours the maps.")
    map_modality = param.String("fused", doc="Embedding whose map is shown.")
    diagram = param.String("", doc="Key of the diagram beside the map; empty for the first.")
    map_zoom = param.List([], item_type=float, doc="Part of the map in view (app/zoom.py).")
    diagram_zoom = param.List([], item_type=float, doc="Part of the diagram in view.")
    neighbor_modality = param.String("fused", doc="Embedding in which neighbours are sought.")

    fold = param.Boolean(True, doc="Light curve folded (true) or against time.")
    fold_factor = param.Number(1.0, bounds=(0, None), doc="The period is multiplied by this.")
    fold_period_days = param.Number(
        None, bounds=(0, None), inclusive_bounds=(False, True), doc="P; None for the star's own."
    )
    fold_shift = param.Number(0.0, doc="Cycles by which phase zero stands off the extremum.")
    chosen_period_days = param.Number(None, bounds=(0, None), doc="Period kept for this star.")
    chosen_period_err_days = param.Number(None, doc="Its standard error; NaN where not known.")
    chosen_epoch = param.Number(None, doc="A time of its phase zero [d], in the survey's time.")
    chosen_epoch_err = param.Number(None, doc="Its standard error [d]; NaN where not known.")
    chosen_epoch_reference = param.String("", doc='What those days count from, e.g. "HJD".')
    detail: "param.Selector[str]" = param.Selector(
        default="spectrum",
        objects=["spectrum", "periodogram", "places", "image"],
        doc="What the card shows below the light curve.",
    )
    compared = param.Integer(-1, bounds=(-1, None), doc="Row of the star laid over; -1 for none.")
    residuals = param.Boolean(False, doc="Light curve less its binned median.")
    by_camera = param.Boolean(False, doc="Light curve coloured by camera.")
    hidden_bands = param.List([], item_type=str, doc="Bands left out of the light curve.")
    line_set = param.String("auto", doc='Lines marked in the spectrum: a set, "auto", "no lines".')
    is_smoothed = param.Boolean(False, doc="Spectrum smoothed.")
    at_rest = param.Boolean(False, doc="Spectrum at rest.")
    with_classes = param.Boolean(True, doc="Medians of the classes below the spectrum.")
    spectrum_epoch = param.Integer(0, bounds=(-1, None), doc="Which spectrum; -1 for all.")
    periodogram: "param.Selector[int]" = param.Selector(
        default=1, objects=[1, 2, 4, 8, 0], doc="Its harmonics; 0 for boxes."
    )
    with_window = param.Boolean(True, doc="The window function below the periodogram.")

    percentile = param.Number(99.0, bounds=(0, 100), doc="Centroid distance that flags a star.")
    min_modalities = param.Integer(2, bounds=(1, None), doc="Modalities that must agree.")
    dbscan_eps = param.Number(0.0, bounds=(0, None), doc="Radius on the map; 0 for automatic.")
    dbscan_min_samples = param.Integer(0, bounds=(0, None), doc="0 for automatic.")
    flag_margin = param.Number(0.5, doc="Probability by which another class leads the label's.")
    flag_split = param.Number(0.5, doc="Product of the shares of two votes for other classes.")
    flag_period = param.Number(4.0, doc="Log evidence for another period.")
    flag_external = param.Integer(1, doc="1: another class elsewhere; 2: another family.")
    ranking = param.String("planted labels", doc="Name of the weights that order the flags.")

    queue_filters = param.Dict({}, doc="What the filters of the queue say, but for the usual.")
    follows_verdicts = param.Boolean(True, doc="Whether the ranking is learned again by itself.")
    vetter = param.String("", doc="Who gives the verdicts.")
    blind: "param.Selector[str]" = param.Selector(
        default="no",
        objects=["no", "others", "class"],
        doc="What a vetter does not see: nothing; what others and the model say; the class too.",
    )

    cluster_class = param.String("", doc="Class cut into subclusters.")
    cluster_modality = param.String("fused", doc="Embedding whose map is cut.")
    cluster_space: "param.Selector[str]" = param.Selector(
        default="map", objects=["map", "class_map", "embedding"], doc="Where the class is cut."
    )
    cluster_method: "param.Selector[str]" = param.Selector(
        default="dbscan", objects=["dbscan", "hdbscan"], doc="How it is cut."
    )
    cluster_eps = param.Number(0.0, bounds=(0, None), doc="Radius on the map; 0 for automatic.")
    cluster_min_samples = param.Integer(5, bounds=(1, None), doc="Stars that make a core.")

    search_like: "param.Selector[str]" = param.Selector(
        default="focus",
        objects=["focus", "pinned", "selection", "upload"],
        doc="What the stars sought are like.",
    )
    search_pinned = param.Integer(-1, bounds=(-1, None), doc="Row of the pinned star; -1 for none.")
    search_by = param.String("fused", doc='Its data compared: an embedding, or "place".')
    search_among = param.String("", doc="Embedding that is searched; empty for the same.")
    search_but = param.String(
        "", doc='Empty, "far:<embedding>", "unlike:star" or "unlike:selection".'
    )
    search_unlike = param.Integer(-1, bounds=(-1, None), doc="Row of the star not to be like.")
    search_filters = param.List([], item_type=str, doc="Conditions on the stars found.")
    partition = param.Parameter(None, doc="Parts of the class cut last (app/parts.py).")
    exported = param.String("selection", doc="Which list is exported.")
    export_format = param.String("vot", doc="Ending of the file exported.")
    export_words = param.String("provenance", doc="What is said about the list exported.")
    selection_part = param.String("list", doc="What is shown of the selection.")
    selection_against = param.String("all", doc="What the selection is compared with.")
    report_of = param.String("classifier", doc="Whose predictions the matrix shows.")
    report_part = param.String("matrix", doc='"matrix" or "evaluation".')
    report_piece = param.String("about", doc="Table or figure of the evaluation.")
    vet_side = param.String("filters", doc="What stands beside the queue.")
    all_values = param.Boolean(False, doc="Every value of the table on the card.")
    kept_upload = param.Integer(-1, doc="Key of the kept upload that is open; -1 for none.")
    part_names = param.Dict({}, doc="Names of the parts in view, by number as text.")
    found = param.Parameter(None, doc="Answer of the newest search (app/searching.py).")
    upload = param.Parameter(None, doc="What was uploaded (app/uploads.py); None for nothing.")
    vetted = param.Array(None, doc="Stars that have a verdict, shape (N,); None while unknown.")

    theme: "param.Selector[str]" = param.Selector(default="light", objects=["light", "dark"])
    notice = param.String("", doc="One sentence for the person at the page.")

    def __init__(self, n_objects: int, **params: Any) -> None:
        super().__init__(selection=np.zeros(n_objects, dtype=bool), **params)
        self._past: list[tuple[PackedMask, list[dict[str, Any]]]] = []
        self._future: list[tuple[PackedMask, list[dict[str, Any]]]] = []
        self.param.watch(self._leave_star, ["focus", *OF_STAR])

    @property
    def n_selected(self) -> int:
        """Number of stars in the selection."""
        return int(np.count_nonzero(self.selection))

    @property
    def can_undo(self) -> bool:
        """Whether there is an earlier selection."""
        return bool(self._past)

    @property
    def can_redo(self) -> bool:
        """Whether an undone selection can come back."""
        return bool(self._future)

    def select(
        self, mask: Mask, mode: Mode = "replace", recipe: dict[str, Any] | None = None
    ) -> None:
        """Combine `mask` with the selection and remember the one before.

        Parameters
        ----------
        mask : bool, shape (N,)
        mode : "replace", "add", "subtract" or "intersect"
        recipe : dict, optional
            The step that makes `mask` again from the atlas; None when there is none to tell.
        """
        mask = np.asarray(mask, dtype=bool)
        if mask.shape != self.selection.shape:
            raise ValueError(
                f"a selection needs one flag per star: expected shape {self.selection.shape}, "
                f"found {mask.shape}."
            )
        combined = {
            "replace": lambda: mask.copy(),
            "add": lambda: self.selection | mask,
            "subtract": lambda: self.selection & ~mask,
            "intersect": lambda: self.selection & mask,
        }[mode]()
        self.take_selection(combined, self._steps(mode, recipe))

    def restore_selection(self, mask: Mask, recipe: list[dict[str, Any]]) -> None:
        """Take a selection and its recipe as they are; the history begins here."""
        self._past, self._future = [], []
        self._show(mask, recipe)

    def take_selection(self, mask: Mask, recipe: list[dict[str, Any]]) -> None:
        """Take a selection and its recipe as they are (can be undone)."""
        self._past = [*self._past, self._packed()][-HISTORY_LENGTH:]
        self._future = []
        self._show(mask, recipe)

    def clear_selection(self) -> None:
        """Select nothing (can be undone)."""
        if self.n_selected:
            self.select(np.zeros_like(self.selection), recipe={"kind": "nothing"})

    def undo(self) -> None:
        """Go back to the selection before."""
        if self._past:
            self._future.append(self._packed())
            self._unpack(*self._past.pop())

    def redo(self) -> None:
        """Take an undo back."""
        if self._future:
            self._past.append(self._packed())
            self._unpack(*self._future.pop())

    def _leave_star(self, *events: Any) -> None:
        """Forget what belonged to the star before, but not what came together with the new one."""
        changed = {event.name for event in events}
        if "focus" in changed:
            self.param.update({k: v for k, v in OF_STAR.items() if k not in changed})

    def _steps(self, mode: Mode, recipe: dict[str, Any] | None) -> list[dict[str, Any]]:
        earlier = [] if mode == "replace" else self.recipe
        return [*earlier, {**(recipe or {"kind": "untold"}), "mode": mode}]

    def _packed(self) -> tuple[PackedMask, list[dict[str, Any]]]:
        return PackedMask.of(self.selection), self.recipe

    def _unpack(self, packed: PackedMask, recipe: list[dict[str, Any]]) -> None:
        self._show(packed.mask(), recipe)

    def _show(self, mask: Mask, recipe: list[dict[str, Any]]) -> None:
        mask.setflags(write=False)
        self.param.update(selection=mask, recipe=recipe)


def tie(
    first: param.Parameterized, name: str, second: param.Parameterized, other_name: str
) -> None:
    """Keep a parameter of one object equal to one of another, both ways; `first` wins now."""
    setattr(second, other_name, getattr(first, name))
    first.param.watch(lambda event: setattr(second, other_name, event.new), name)
    second.param.watch(lambda event: setattr(first, name, event.new), other_name)


def tie_choice(state: AppState, name: str, widget: Any) -> None:
    """Tie a text of the state to a widget of choices; the widget wins where it does not offer it.

    What an address says may be older than what the page offers.
    """
    if getattr(state, name) not in widget.values:
        setattr(state, name, widget.value or "")
    elif widget.value is not None:
        widget.value = getattr(state, name)
    widget.param.watch(lambda event: setattr(state, name, event.new or ""), "value")
    state.param.watch(lambda event: setattr(widget, "value", event.new or None), name)
