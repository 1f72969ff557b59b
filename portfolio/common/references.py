"""What keeps a row there while facts refer to it: see `portfolio.common.recorded.Fact`."""

from django.db.migrations.operations.base import Operation

_FUNCTION = """
CREATE OR REPLACE FUNCTION refuse_to_orphan() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    is_found boolean;
BEGIN
    -- Asked twice: what stands is in one index, what was retracted in another.
    EXECUTE format(
        'SELECT EXISTS (SELECT 1 FROM %1$I WHERE %2$I = $1 AND retracted_at IS NULL)'
        ' OR EXISTS (SELECT 1 FROM %1$I WHERE %2$I = $1 AND retracted_at IS NOT NULL)',
        TG_ARGV[0], TG_ARGV[1]
    ) INTO is_found USING OLD.id;
    IF is_found THEN
        RAISE foreign_key_violation USING
            MESSAGE = format('%s %s is still referred to in %s.%s', TG_TABLE_NAME, OLD.id, TG_ARGV[0], TG_ARGV[1]),
            HINT = 'Facts are never deleted, so neither is what they are about.';
    END IF;
    RETURN NULL;
END $$
"""


def _name(table: str, column: str) -> str:
    return f"{table}_{column}_is_kept"


def guard_sql(table: str, column: str, parent: str) -> list[str]:
    """Return the statements by which PostgreSQL keeps the rows of `parent` that `column` of `table` refers to.

    The trigger comes after the deletion, as a foreign key's does: by then whoever recorded a fact meanwhile, and held
    the row for it, has committed, and the fact is seen.
    """
    return [
        _FUNCTION,
        f'DROP TRIGGER IF EXISTS "{_name(table, column)}" ON "{parent}"',
        f'CREATE TRIGGER "{_name(table, column)}" AFTER DELETE OR UPDATE OF id ON "{parent}" FOR EACH ROW '
        f"EXECUTE FUNCTION refuse_to_orphan('{table}', '{column}')",
    ]


class Guard(Operation):
    """Has PostgreSQL refuse to delete rows that a column of a table of facts refers to.

    SQLite needs none: there a transaction that writes has the database to itself, so `PROTECT` is never too early.
    """

    reversible = True
    atomic = True

    def __init__(self, table: str, column: str, parent: str):
        self.table, self.column, self.parent = table, column, parent

    def state_forwards(self, app_label, state):
        """Change nothing that the models know of."""

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        """Create the trigger, and the function that all of them share."""
        if schema_editor.connection.vendor == "postgresql":
            for statement in guard_sql(self.table, self.column, self.parent):
                schema_editor.execute(statement, params=None)

    def database_backwards(self, app_label, schema_editor, from_state, to_state):
        """Drop the trigger."""
        if schema_editor.connection.vendor == "postgresql":
            schema_editor.execute(f'DROP TRIGGER "{_name(self.table, self.column)}" ON "{self.parent}"', params=None)

    def describe(self) -> str:
        """Say what it does."""
        return f"Keep the rows of {self.parent} that {self.table}.{self.column} refers to"
