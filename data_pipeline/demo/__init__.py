"""A simulated variable-star survey: physics first, then observation, with planted faults."""

from data_pipeline.demo.build import make_demo

__all__ = ["make_demo"]
