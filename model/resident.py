"""All of a survey's inputs on the device at once, so that a batch is one gather there."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from model.modalities import Batch, SurveyTensors, modality_of

SHARE_OF_MEMORY = 0.5  # of what is free on the device; the rest is for weights and activations


class ResidentTensors(SurveyTensors):
    """The same stars and batches; light curves are padded to the longest of the survey."""

    def __init__(self, tensors: SurveyTensors, device: torch.device) -> None:
        self.__dict__.update(tensors.__dict__)
        self.content = {}
        for name, arrays in tensors.arrays.items():
            config = tensors.config.encoders[name]
            rows = np.flatnonzero(arrays.present)
            content = modality_of(config).inputs.collate(arrays, rows, config)
            self.content[name] = {k: torch.from_numpy(v).to(device) for k, v in content.items()}

    def batch(self, rows: NDArray[np.int64]) -> Batch:
        """Gather some rows on the device."""
        present, inputs = {}, {}
        for name, arrays in self.arrays.items():
            mask = arrays.present[rows]
            present[name] = torch.from_numpy(mask)
            at = torch.from_numpy(arrays.at(rows[mask]))
            inputs[name] = {
                key: tensor.index_select(0, at.to(tensor.device))
                for key, tensor in self.content[name].items()
            }
        return Batch(rows, present, inputs)


def on_device(tensors: SurveyTensors, device: torch.device) -> SurveyTensors:
    """Return the tensors resident on a GPU where they fit, else as they are."""
    if device.type != "cuda":
        return tensors
    free, _ = torch.cuda.mem_get_info(device)
    if resident_bytes(tensors) > SHARE_OF_MEMORY * free:
        return tensors
    return ResidentTensors(tensors, device)


def resident_bytes(tensors: SurveyTensors) -> int:
    """Return the memory that `ResidentTensors` would take: that of the longest star, times all."""
    total = 0
    for name, arrays in tensors.arrays.items():
        rows = np.flatnonzero(arrays.present)
        if not len(rows):
            continue
        longest = rows[int(arrays.n_points.argmax())] if len(arrays.n_points) else rows[0]
        config = tensors.config.encoders[name]
        one = modality_of(config).inputs.collate(arrays, np.array([longest]), config)
        total += len(rows) * sum(array.nbytes for array in one.values())
    return total
