"""Integer identifiers that never change and never pass through a float.

`source_id` is the Gaia id where there is one, else `stable_id`: the first 63 bits of a hash of the
survey's name and the object's own identifier. Two objects that hash alike are refused, not merged.
"""

import hashlib
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from data_pipeline.errors import InputError

MAX_SOURCE_ID = 2**63 - 1


def stable_id(survey: str, original_id: object) -> int:
    """Return the 63-bit id of one object; the same on every machine and in every year.

    Parameters
    ----------
    survey : str
        Name of the survey the identifier belongs to; part of what is hashed.
    original_id : object
        The object's identifier in that survey, hashed as its text.
    """
    # The separator cannot occur in a name, so ("a", "bc") and ("ab", "c") differ.
    text = f"{survey}\x1f{original_id}".encode()
    digest = hashlib.blake2b(text, digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1


def stable_ids(survey: str, original_ids: Iterable[object]) -> NDArray[np.int64]:
    """Return `stable_id` of each identifier, refusing repeats and collisions.

    Returns
    -------
    ndarray of int64, shape (N,)
    """
    seen: dict[int, object] = {}
    for original in original_ids:
        source_id = stable_id(survey, original)
        if source_id in seen:
            raise InputError(
                f"{survey}: {original!r} and {seen[source_id]!r} would share the "
                f"source_id {source_id}. If the identifier is repeated, merge its rows first."
            )
        seen[source_id] = original
    return np.fromiter(seen, dtype=np.int64, count=len(seen))


def check_source_ids(values: object, where: str) -> NDArray[np.int64]:
    """Return `values` as int64 ids, or say why they cannot be identifiers.

    Floats are refused even when they look whole: above 2**53 a float64 has already lost the last
    digits of a Gaia id.
    """
    array = np.asarray(values)
    if array.dtype.kind == "f":
        raise InputError(
            f"{where}: source_id is a float column, which cannot hold a 19-digit id exactly. "
            "Read it as int64 (in pandas dtype 'Int64' or str), without missing values."
        )
    if array.dtype.kind not in "iu":
        raise InputError(
            f"{where}: source_id must be int64, found {array.dtype} "
            f"(first value {array.flat[0]!r}). Use data_pipeline.ids.stable_ids for names."
            if array.size
            else f"{where}: source_id must be int64, found an empty {array.dtype} column."
        )
    if array.size and (int(array.min()) < 0 or int(array.max()) > MAX_SOURCE_ID):
        raise InputError(f"{where}: source_id must lie in 0 .. 2**63 - 1, found {array.min()}.")
    return np.ascontiguousarray(array, dtype=np.int64)


def check_unique_ids(source_id: NDArray[np.int64], where: str) -> None:
    """Refuse repeated ids, naming the first few."""
    unique, count = np.unique(source_id, return_counts=True)
    repeated = unique[count > 1]
    if repeated.size:
        some = ", ".join(map(str, repeated[:3]))
        raise InputError(
            f"{where}: {repeated.size} source_id occur more than once ({some} ...). "
            "Keep one row per object."
        )
