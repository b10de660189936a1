"""What is cut into parts and how: the controls, which follow the state, and the paper's splits."""

from functools import partial
from typing import Any

import panel as pn

from app.atlas_store import MODALITY_NAMES, AtlasStore
from app.kept_parts import SPACES
from app.palette import UNLABELLED
from app.parts import MIN_STARS, SELECTION, ClusterChoice, members
from app.state import AppState, tie
from app.styles import CARD_CSS, CONTROLS

METHODS = {"DBSCAN": "dbscan", "HDBSCAN": "hdbscan"}
PRESETS = {
    "ROT: giants, dwarfs": (("ROT",), "fused", "map"),
    "Mira: M, C": (("M", "MIRA"), "spectra", "map"),
}
"""The splits of Rizhko & Bloom (2024): classes, data and place of the cut, all else automatic."""
STATE = [
    "cluster_class", "cluster_modality", "cluster_space", "cluster_method", "cluster_eps",
    "cluster_min_samples",
]  # fmt: skip
_SLIDERS = STATE[-2:]
WIDTH = 158


class CutControls:
    """Controls by the name of the parameter of the state that they set.

    Attributes
    ----------
    controls : dict of str to widget
    presets : list of Button
        Those of `PRESETS` for which the atlas has the class and the data.
    """

    def __init__(self, state: AppState, store: AtlasStore) -> None:
        self.state, self.store = state, store
        counts = zip(store.classes, store.class_counts.tolist(), strict=True)
        self._counts = {c: n for c, n in counts if c != UNLABELLED and n >= MIN_STARS}
        self.controls = self._make_controls()
        self.presets = self._make_presets()
        if state.cluster_class not in (*self._counts, SELECTION):
            state.cluster_class = self._first_class()
        for name in STATE[:-2]:
            tie(state, name, self.controls[name], "value")
        for name in _SLIDERS:  # a slider under way tells nothing: only where it is let go
            self.controls[name].param.watch(partial(self._on_slider, name), "value_throttled")
        state.param.watch(self._show_sliders, [*_SLIDERS, "cluster_method"])
        self._show_sliders()

    def column(self) -> pn.Column:
        """The controls below each other."""
        return pn.Column(
            *self.presets, *self.controls.values(), css_classes=["tray-side"],
            stylesheets=[CARD_CSS], width=WIDTH + 20, sizing_mode="stretch_height", margin=0,
        )  # fmt: skip

    def choice(self, selected: tuple[int, ...]) -> ClusterChoice:
        """What they say; `selected` are the rows of the selection, where that is cut."""
        state = self.state
        return ClusterChoice(
            label=state.cluster_class,
            selected=selected,
            modality=state.cluster_modality,
            space=state.cluster_space,
            method=state.cluster_method,
            eps=state.cluster_eps,
            min_samples=state.cluster_min_samples,
        )

    def lacking(self, choice: ClusterChoice) -> str:
        """Why this cannot be cut; empty where it can."""
        if not choice.label:
            return f"No class has {MIN_STARS} stars or more."
        if choice.label == SELECTION and choice.space == "class_map":
            return "A selection has no map of its own; cut it on the map or in the embedding."
        n = len(members(self.store, choice.label, choice.modality, choice.selected))
        return "" if n >= MIN_STARS else f"Only {n} {choice.what} have these data."

    def _make_controls(self) -> dict[str, Any]:
        look: dict[str, Any] = {"width": WIDTH, **CONTROLS}
        classes = {**{label: label for label in self._counts}, "the selection": SELECTION}
        data = {MODALITY_NAMES.get(name, name): name for name in self.store.modalities}
        select, slider = pn.widgets.Select, pn.widgets.FloatSlider
        return {
            "cluster_class": select(label="class", options=classes, **look),
            "cluster_modality": select(label="data", options=data, **look),
            "cluster_space": select(label="place of the cut", options=SPACES, **look),
            "cluster_method": pn.widgets.RadioButtonGroup(options=METHODS, **look),
            "cluster_eps": slider(label="radius ε, 0 auto", start=0, end=3, step=0.02, **look),
            "cluster_min_samples": pn.widgets.IntSlider(
                label="stars of a core", start=2, end=40, **look
            ),
        }

    def _make_presets(self) -> list[pn.widgets.Button]:
        presets = []
        for text, (labels, modality, space) in PRESETS.items():
            label = next((one for one in labels if one in self._counts), None)
            if label is not None and modality in self.store.modalities:
                button = pn.widgets.Button(label=text, width=WIDTH, **CONTROLS)
                button.on_click(partial(self._take_preset, label, modality, space))
                presets.append(button)
        return presets

    def _take_preset(self, label: str, modality: str, space: str, *_: Any) -> None:
        with pn.io.hold():
            self.state.param.update(
                cluster_class=label, cluster_modality=modality, cluster_space=space,
                cluster_method="dbscan", cluster_eps=0.0, cluster_min_samples=5,
                map_modality=modality,
            )  # fmt: skip

    def _first_class(self) -> str:
        """The class of the star in focus, else the largest."""
        label = self.store.label(self.state.focus) if self.state.focus >= 0 else ""
        counts = self._counts
        return label if label in counts else max(counts, key=lambda c: counts[c], default="")

    def _on_slider(self, name: str, event: Any) -> None:
        setattr(self.state, name, event.new)

    def _show_sliders(self, *_: Any) -> None:
        for name in _SLIDERS:
            self.controls[name].value = getattr(self.state, name)
        self.controls["cluster_eps"].disabled = self.state.cluster_method == "hdbscan"
