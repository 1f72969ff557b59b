"""Renewals against money as files: a row for each quarter of each product."""

from portfolio.common import sheets
from portfolio.common.exports import Column, Sheet

_AMOUNTS = ("due", "due_low", "due_high", "headroom", "money", "covered", "left", "gap", "gap_low", "gap_high")

SHELF_LIFE = Sheet(
    "shelf-life",
    (
        Column("product", "code", sheets.CODE),
        Column("name", "product__name", sheets.TEXT),
        Column("quarter", "name", sheets.TEXT),
        Column("starts", "first", sheets.DAY),
        *(Column(name, name, sheets.LONG_AMOUNT) for name in _AMOUNTS),
    ),
)
