"""Periods from light curves: `find_period` for one star, `find_periods` for a survey."""

from data_pipeline.periods.find import find_period
from data_pipeline.periods.parallel import PERIOD_COLUMNS, find_periods
from data_pipeline.periods.types import PeriodConfig, PeriodResult

__all__ = ["PERIOD_COLUMNS", "PeriodConfig", "PeriodResult", "find_period", "find_periods"]
