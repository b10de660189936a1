"""The surveys the report is about, and what is particular to each."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Case:
    """One survey of real stars."""

    name: str
    """Also the name of its directory among the results."""
    title: str
    preset: str
    """Config that `python -m data_pipeline build` knows by this name."""
    folder: str
    """Where its files are, inside the data directory."""
    goal: tuple[float, float]
    """Accuracy and macro-F1 to reach."""
    training: tuple[str, ...] = ()
    """Options of the pre-training, where the defaults take longer than needed."""
    classifier: tuple[str, ...] = ()
    """Options of the classifier's training."""
    too_rare: tuple[str, ...] = ()
    """Classes with too few stars to learn; the classifier treats them as unlabelled."""
    eclipsers: tuple[str, ...] = ()
    """Classes whose published periods ours are compared with."""


CASES = (
    Case(
        name="acvs",
        title="ASAS ACVS",
        preset="asas_acvs",
        folder="asas_acvs",
        goal=(0.95, 0.90),
        training=("--epochs", "12"),
        classifier=("--epochs", "14", "--set", "members=2"),
        too_rare=("BCEP",),
        eclipsers=("EC", "ED", "ESD"),
    ),
    Case(
        name="eros1",
        title="EROS-1 LMC",
        preset="eros1",
        folder="eros1_lmc",
        goal=(0.95, 0.93),
        training=("--epochs", "25"),
        classifier=("--epochs", "12", "--set", "members=2"),
        eclipsers=("ECL", "CEP", "RRLYR", "LPV"),
    ),
)
"""EROS-1's periods are a human's; its classes are all listed, since they check ours."""
