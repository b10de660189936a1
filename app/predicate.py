"""Conditions on the columns, as a person types them: "period_days < 1 and amplitude > 0.3".

A condition is parsed into Python's syntax tree, of which only comparisons, logic, arithmetic, a few
functions, numbers, texts and names of columns are let through; nothing else is ever run. A star
that lacks a value fulfils no comparison with it.
"""

import ast
import operator
import re
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data_pipeline.errors import InputError
from data_pipeline.schema import did_you_mean

MAX_LENGTH = 500
SHORT_NAMES = {
    "period": ("period_days", "period_catalog_days"),
    "amplitude": ("lc_amplitude",),
    "class": ("class_label",),
    "color": ("bp_rp", "lc_color", "j_k"),
    "colour": ("bp_rp", "lc_color", "j_k"),
    "g": ("phot_g_mean_mag",),
    "ra": ("ra_deg",),
    "dec": ("dec_deg",),
}
"""Words that stand for the first of these columns that the survey has."""

Values = NDArray[Any]
_COMPARE: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt, ast.GtE: operator.ge,
    ast.Eq: operator.eq, ast.NotEq: operator.ne,
}  # fmt: skip
_CALCULATE: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul,
    ast.Div: operator.truediv, ast.Pow: operator.pow, ast.Mod: operator.mod,
}  # fmt: skip
_FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    "abs": np.abs, "log10": np.log10, "log": np.log, "sqrt": np.sqrt, "exp": np.exp,
}  # fmt: skip


class Condition:
    """One condition over the columns of a table.

    Parameters
    ----------
    text : str
        As typed. Names with signs other than letters, digits and _ stand in backticks.
    """

    def __init__(self, text: str) -> None:
        self.text = text.strip()
        if not self.text:
            raise InputError("Type a condition, for example period_days < 1 and amplitude > 0.3.")
        if len(self.text) > MAX_LENGTH:
            raise InputError(f"This condition is longer than {MAX_LENGTH} letters.")
        self._quoted: dict[str, str] = {}
        plain = re.sub(r"`([^`]+)`", self._placeholder, self.text)
        plain = re.sub(r"\bclass\b", "class_label", plain)
        plain = plain.replace("&&", " and ").replace("||", " or ").replace("≤", "<=")
        plain = plain.replace("≥", ">=").replace("≠", "!=").replace("−", "-")
        plain = re.sub(r"(?<![<>=!])=(?!=)", "==", plain)  # a single = compares, as in SQL
        try:
            self._tree = ast.parse(plain, mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            raise InputError(
                f"“{self.text}” is no condition. Write, for example, period_days < 1 and "
                'class == "RRAB".'
            ) from None

    def mask(self, table: pd.DataFrame) -> NDArray[np.bool_]:
        """Rows (N,) of the table that fulfil it."""
        with np.errstate(all="ignore"):
            found = _Reader(table, self._quoted).logical(self._tree)
        return np.broadcast_to(found, (len(table),)).astype(bool)

    def _placeholder(self, match: re.Match[str]) -> str:
        name = f"_quoted_{len(self._quoted)}"
        self._quoted[name] = match[1]
        return name


class _Reader:
    """Works a syntax tree out over a table, node by node."""

    def __init__(self, table: pd.DataFrame, quoted: Mapping[str, str]) -> None:
        self._table, self._quoted = table, quoted

    def logical(self, node: ast.expr) -> Any:
        """A node that says yes or no for every row."""
        match node:
            case ast.BoolOp(op=ast.And(), values=parts):
                return np.logical_and.reduce([self.logical(part) for part in parts])
            case ast.BoolOp(op=ast.Or(), values=parts):
                return np.logical_or.reduce([self.logical(part) for part in parts])
            case ast.UnaryOp(op=ast.Not(), operand=part):
                return np.logical_not(self.logical(part))
            case ast.Compare():
                return self._compare(node)
            case ast.Call(func=ast.Name(id="known"), args=[ast.Name() as name]):
                return pd.notna(self._column(name.id))
            case ast.Name(id=name) if self._column(name).dtype == bool:
                return self._column(name)
        raise InputError(f"“{_text(node)}” is neither true nor false; compare it with something.")

    def value(self, node: ast.expr) -> Any:
        """A node that gives a number or a text for every row, or one for all."""
        match node:
            case ast.Constant(value=bool() | int() | float() | str() as constant):
                return constant
            case ast.Name(id=name):
                return self._column(name)
            case ast.UnaryOp(op=ast.USub(), operand=part):
                return -self._number(part)
            case ast.BinOp(left=left, op=sign, right=right) if type(sign) in _CALCULATE:
                return _CALCULATE[type(sign)](self._number(left), self._number(right))
            case ast.Call(func=ast.Name(id=name), args=[part]) if name in _FUNCTIONS:
                return _FUNCTIONS[name](self._number(part))
        known = ", ".join(_FUNCTIONS)
        raise InputError(f"“{_text(node)}” is not understood here. Functions are {known}, known.")

    def _compare(self, node: ast.Compare) -> Any:
        sides = [node.left, *node.comparators]
        parts = [
            self._one(left, sign, right)
            for left, sign, right in zip(sides, node.ops, sides[1:], strict=False)
        ]
        return np.logical_and.reduce(parts)

    def _one(self, left: ast.expr, sign: ast.cmpop, right: ast.expr) -> Any:
        if isinstance(sign, ast.In | ast.NotIn):
            if not isinstance(right, ast.List | ast.Tuple | ast.Set):
                raise InputError(f'“{_text(right)}” must be a list: ["EA", "EB"].')
            wanted = [self.value(item) for item in right.elts]
            values = self.value(left)
            found = pd.Series(values).isin(wanted).to_numpy()
            return found if isinstance(sign, ast.In) else ~found & pd.notna(values)
        if type(sign) not in _COMPARE:
            raise InputError(f"“{_text(left)} …” compares in a way that is not understood.")
        first, second = self.value(left), self.value(right)
        if _is_text(first) != _is_text(second):
            raise InputError(
                f"“{_text(left)}” and “{_text(right)}” are a text and a number; texts stand in "
                "quotation marks."
            )
        known = pd.notna(first) & pd.notna(second)
        return _COMPARE[type(sign)](first, second) & known

    def _number(self, node: ast.expr) -> Any:
        value = self.value(node)
        if _is_text(value):
            raise InputError(f"“{_text(node)}” is a text; only numbers can be calculated with.")
        return np.asarray(value, dtype=np.float64)  # no integer ever grows beyond its bits

    def _column(self, name: str) -> Values:
        wanted = self._quoted.get(name, name)
        candidates = (wanted, *SHORT_NAMES.get(wanted, ()))
        found = next((column for column in candidates if column in self._table), None)
        if found is None:
            known = [*self._table.columns, *SHORT_NAMES]
            raise InputError(
                f"There is no column {wanted!r} here{did_you_mean(wanted, known)}. "
                f'A text stands in quotation marks: "{wanted}".'
            )
        column = self._table[found]
        if pd.api.types.is_bool_dtype(column.dtype):
            return column.to_numpy(bool)
        if found == "source_id" or not pd.api.types.is_numeric_dtype(column.dtype):
            return column.astype(object).where(column.notna(), None).to_numpy(object)
        return pd.to_numeric(column).to_numpy(np.float64)


def _is_text(value: Any) -> bool:
    return isinstance(value, str) or (isinstance(value, np.ndarray) and value.dtype == object)


def _text(node: ast.AST) -> str:
    return ast.unparse(node)[:60]
