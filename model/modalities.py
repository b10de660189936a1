"""The ordered registry of modalities, and batches of stars that may lack some of them.

A modality is a name, an encoder, and a module that turns a survey's rows into arrays. Losses,
scales and metrics loop over the pairs of what is in a model's config, so that another modality (an
image, say) needs one call of `register` here.
"""

from __future__ import annotations

import copy
import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Generator, Tensor

from data_pipeline.errors import InputError
from data_pipeline.survey import Survey
from model import tensors
from model.astrom3 import encoders as astrom3
from model.astrom3.encoder_config import GalSpecNetConfig, InformerConfig, MetaModelConfig
from model.astrom3.inputs import metadata as astrom3_metadata
from model.astrom3.inputs import photometry as astrom3_photometry
from model.astrom3.inputs import spectra as astrom3_spectra
from model.config import ModelConfig
from model.encoder_config import EncoderConfig, MetadataConfig, PhotometryConfig, SpectraConfig
from model.encoders.base import Encoder, Inputs
from model.encoders.metadata import MetadataEncoder
from model.encoders.photometry import PhotometryEncoder
from model.encoders.spectra import SpectraEncoder
from model.inputs import metadata, photometry, spectra


@dataclass(frozen=True)
class Modality:
    """How one kind of observation reaches the model."""

    config_class: type[EncoderConfig]
    """Names the modality and the architecture."""
    encoder: Callable[[Any], Encoder]
    """From the config to the torch module."""
    inputs: ModuleType
    """Offers `prepare(survey, config, rows)`, `resolve`, `collate` and `VERSION`."""


_registry: dict[type[EncoderConfig], Modality] = {}


def register(modality: Modality) -> None:
    """Make a modality known."""
    _registry[modality.config_class] = modality


def modality_of(config: EncoderConfig) -> Modality:
    """Return the modality an encoder's config belongs to."""
    return _registry[type(config)]


register(Modality(PhotometryConfig, PhotometryEncoder, photometry))
register(Modality(SpectraConfig, SpectraEncoder, spectra))
register(Modality(MetadataConfig, MetadataEncoder, metadata))
register(Modality(InformerConfig, astrom3.InformerEncoder, astrom3_photometry))
register(Modality(GalSpecNetConfig, astrom3.GalSpecNetEncoder, astrom3_spectra))
register(Modality(MetaModelConfig, astrom3.MetaModelEncoder, astrom3_metadata))


def pairs(names: tuple[str, ...]) -> list[tuple[str, str]]:
    """Return all pairs of modalities, in order."""
    return list(itertools.combinations(names, 2))


BRIGHTNESS_JITTER = 0.3  # magnitudes: the same neighbors do not meet in every epoch


@dataclass(frozen=True)
class Batch:
    """Some rows of a survey, ready for the model.

    Attributes
    ----------
    rows : int64, (B,)
    present : modality to bool, (B,)
    inputs : modality to the tensors of the n stars that have it
    """

    rows: NDArray[np.int64]
    present: dict[str, Tensor]
    inputs: dict[str, Inputs]

    def to(self, device: torch.device) -> Batch:
        """Return the batch on a device."""
        inputs = {
            name: {key: tensor.to(device, non_blocking=True) for key, tensor in content.items()}
            for name, content in self.inputs.items()
        }
        present = {name: mask.to(device) for name, mask in self.present.items()}
        return Batch(self.rows, present, inputs)

    def without(self, hidden: Mapping[str, Tensor]) -> Batch:
        """Return the batch with the modalities masked in `hidden` (bool, (B,)) taken away."""
        present, inputs = dict(self.present), dict(self.inputs)
        for name, mask in hidden.items():
            kept = ~mask[self.present[name]]  # (n,)
            present[name] = self.present[name] & ~mask
            inputs[name] = {key: tensor[kept] for key, tensor in self.inputs[name].items()}
        return Batch(self.rows, present, inputs)


class SurveyTensors:
    """The prepared arrays of a survey under a model's config; hands out batches.

    Attributes
    ----------
    config : ModelConfig
        As given, with bands and features resolved to those of the survey where it named none.
    arrays : dict of modality to ModalityArrays
    source_id : int64, (N,)
    """

    def __init__(
        self,
        survey: Survey,
        config: ModelConfig,
        cache: str | Path | None = None,
        workers: int | None = None,
    ) -> None:
        if not len(survey):
            raise InputError(f"{survey.path} has no objects.")
        inputs = {name: modality_of(c).inputs for name, c in config.encoders.items()}
        self.arrays = tensors.prepare(survey, config.encoders, inputs, cache, workers)
        resolved = {
            name: inputs[name].resolve(c, self.arrays[name]) for name, c in config.encoders.items()
        }
        self.config = replace(config, encoders=resolved)
        self.source_id: NDArray[np.int64] = survey.objects["source_id"].to_numpy(np.int64)

    def __len__(self) -> int:
        return len(self.source_id)

    def only(self, names: Sequence[str]) -> SurveyTensors:
        """Return the same stars with some of the modalities."""
        fewer = copy.copy(self)
        fewer.config = self.config.only(names)
        fewer.arrays = {name: self.arrays[name] for name in fewer.config.modalities}
        return fewer

    def only_present(self, rows: NDArray[np.int64]) -> SurveyTensors:
        """Return the same stars without the modalities that fewer than two of `rows` have."""
        return self.only([name for name, mask in self.present.items() if mask[rows].sum() > 1])

    @property
    def present(self) -> dict[str, NDArray[np.bool_]]:
        """Mask (N,) per modality."""
        return {name: arrays.present for name, arrays in self.arrays.items()}

    @property
    def magnitude(self) -> NDArray[np.float64]:
        """Apparent magnitude (N,), from the photometry; NaN where there is none."""
        if "photometry" not in self.arrays:
            return np.full(len(self), np.nan)
        return photometry.magnitudes(self.arrays["photometry"])

    @property
    def any_present(self) -> NDArray[np.bool_]:
        """Mask (N,) of the stars with at least one modality."""
        return np.any(list(self.present.values()), axis=0)

    def batch(self, rows: NDArray[np.int64]) -> Batch:
        """Gather some rows."""
        present, inputs = {}, {}
        for name, arrays in self.arrays.items():
            mask = arrays.present[rows]
            config = self.config.encoders[name]
            content = modality_of(config).inputs.collate(arrays, rows[mask], config)
            present[name] = torch.from_numpy(mask)
            inputs[name] = {key: torch.from_numpy(array) for key, array in content.items()}
        return Batch(rows, present, inputs)

    def batches(self, rows: NDArray[np.int64], size: int) -> Iterator[Batch]:
        """Gather all of `rows`, in order, `size` at a time."""
        for chunk in chunks(rows, size):
            yield self.batch(chunk)


def shuffled(
    rows: NDArray[np.int64], size: int, rng: np.random.Generator, magnitude: NDArray | None = None
) -> list[NDArray[np.int64]]:
    """Split rows at random into batches of `size`, leaving out what is left over.

    With `magnitude` (N,) the stars of a batch are of similar brightness; those without one are
    spread over all batches. Fewer rows than `size` make one batch.
    """
    order = rng.permutation(rows)
    if magnitude is not None:
        value = magnitude[order] + rng.normal(0, BRIGHTNESS_JITTER, len(order))
        known = value[np.isfinite(value)]
        if len(known):
            value = np.where(np.isfinite(value), value, rng.choice(known, len(order)))
        order = np.roll(order[np.argsort(value, kind="stable")], rng.integers(len(order)))
    n_batches = max(1, len(order) // size)
    batches = chunks(order, size)[:n_batches]
    return [batches[i] for i in rng.permutation(n_batches)]


def chunks(rows: NDArray[np.int64], size: int) -> list[NDArray[np.int64]]:
    """Split rows into consecutive chunks of `size`; the last may be shorter."""
    return [rows[start : start + size] for start in range(0, len(rows), size)]


def hide_modalities(batch: Batch, rate: float, generator: Generator) -> Batch:
    """Hide each modality of each star with probability `rate`, but never a star's last one."""
    names = list(batch.present)
    have = torch.stack([batch.present[name] for name in names])  # (M, B)
    drawn = torch.rand(have.shape, generator=generator)
    hide = have & (drawn < rate)
    first = (have.cumsum(0) == 1) & have  # kept where all would go
    hide &= ~(first & ~(have & ~hide).any(0))
    return batch.without({name: hide[i] for i, name in enumerate(names)})
