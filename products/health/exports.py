"""This room's lists as files; the columns that the import reads come first."""

from portfolio.common.exports import Export

EXPORTS: tuple[Export, ...] = ()
