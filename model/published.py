"""Load published AstroM3 weights from a directory or from the Hugging Face hub.

Known names: AstroMLCore/AstroM3-CLIP, -CLIP-{42,0,66,12,123}, -CLIP-all, -CLIP-photo,
-CLIP-spectra, -CLIP-meta; each holds config.json and model.safetensors. Loading is strict: a key
that is missing or left over is an error that names it.
"""

from __future__ import annotations

import json
from pathlib import Path

from data_pipeline.errors import InputError
from model.astrom3.informer import Attention, ProbSparseAttention
from model.astrom3.network import AstroM3, AstroM3Config, SingleClassifier, build
from model.weights import load_strictly, read_weights

FILES = ("config.json", "model.safetensors")
# The classifiers of one modality have a config without prefix; one key tells which they are.
SINGLE = {
    "enc_in": ("photometry", "p_", ("seq_len",)),
    "conv_channels": ("spectra", "s_", ()),
    "input_dim": ("metadata", "m_", ()),
}
SHARED_KEYS = ("classification", "num_classes")


def load_published(
    where: str | Path, attention: Attention = "sparse"
) -> AstroM3 | SingleClassifier:
    """Load a published model in eval mode.

    Parameters
    ----------
    where : a directory with config.json and model.safetensors, or a hub id such as
        "AstroMLCore/AstroM3-CLIP" (needs the network and huggingface_hub).
    attention : "sparse" is ProbSparse with the active queries chosen by looking at every key, so
        that embeddings repeat; "all" lets every query attend.

    Raises
    ------
    InputError : files missing or unreadable, an unknown config, keys that do not fit.
    """
    if attention not in ("sparse", "all"):
        raise InputError(f'attention must be "sparse" or "all", found {attention!r}.')
    directory = _local_directory(where)
    config, modality = read_config(directory / "config.json")
    model = build(config, modality)
    weights = read_weights(directory / "model.safetensors")
    if modality is not None:
        weights = {k if k.startswith("fc.") else f"encoder.{k}": v for k, v in weights.items()}
    load_strictly(model, weights, str(directory))
    for module in model.modules():
        if isinstance(module, ProbSparseAttention):
            module.attention = attention
    return model.eval()


def read_config(path: Path) -> tuple[AstroM3Config, str | None]:
    """Config and, for a classifier of one modality, the name of that modality."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{path} could not be read as JSON: {error}.") from error
    for key, (modality, prefix, bare) in SINGLE.items():
        if key in content:
            kept = (*SHARED_KEYS, *bare)
            renamed = {k if k in kept else prefix + k: v for k, v in content.items()}
            return AstroM3Config.from_json(renamed), modality
    return AstroM3Config.from_json(content), None


def _local_directory(where: str | Path) -> Path:
    directory = Path(where)
    if not directory.is_dir():
        directory = _download(str(where))
    missing = [name for name in FILES if not (directory / name).is_file()]
    if missing:
        raise InputError(
            f"{directory} is no published model: {' and '.join(missing)} not found there."
        )
    return directory


def _download(hub_id: str) -> Path:
    if hub_id.count("/") != 1 or hub_id.startswith((".", "/", "~")):
        raise InputError(
            f"{hub_id!r} is neither a directory nor a hub id; give the directory that holds "
            "config.json and model.safetensors, or an id such as AstroMLCore/AstroM3-CLIP."
        )
    try:
        from huggingface_hub import snapshot_download
    except ImportError as error:
        raise InputError(
            f"Loading {hub_id} from the hub needs a library that is not installed: "
            "pip install huggingface_hub. Or download the model and give its directory."
        ) from error
    try:
        return Path(snapshot_download(hub_id, allow_patterns=list(FILES)))
    except (OSError, ValueError) as error:
        raise InputError(
            f"{hub_id} could not be downloaded: {error}. Check the name and the network, or "
            "download it elsewhere and give the directory."
        ) from error
