"""PostgreSQL with as much of Redshift's catalogue as SQLAlchemy's dialect for that asks for: what
PostgreSQL's own doesn't have is made up, and external tables are there none."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy

CATALOGUE = (
    "CREATE SCHEMA redshift",
    "CREATE VIEW redshift.pg_namespace AS SELECT * FROM pg_namespace WHERE nspname <> 'redshift'",
    "CREATE VIEW redshift.pg_class AS SELECT *, 0 AS reldiststyle FROM pg_class",
    """CREATE VIEW redshift.pg_attribute AS
    SELECT attrelid, attname, atttypid, atttypmod, attnotnull, attnum, attisdropped,
      0 AS attencodingtype, FALSE AS attisdistkey, 0 AS attsortkeyord
    FROM pg_attribute""",
    """CREATE VIEW redshift.pg_attrdef AS
    SELECT adrelid, adnum, adbin, CAST(NULL AS TEXT) AS adsrc FROM pg_attrdef""",
    """CREATE TABLE redshift.svv_external_schemas
    (esoid OID, schemaname NAME, esowner OID)""",
    "CREATE TABLE redshift.svv_external_tables (schemaname NAME, tablename NAME)",
    """CREATE TABLE redshift.svv_external_columns (
      schemaname NAME, tablename NAME, columnname NAME, external_type TEXT, columnnum INTEGER
    )""",
    "CREATE FUNCTION redshift.format_encoding(INTEGER) RETURNS TEXT LANGUAGE sql RETURN 'none'",
    """CREATE FUNCTION redshift.pg_get_late_binding_view_cols() RETURNS SETOF record LANGUAGE sql
    AS 'SELECT NULL::NAME, NULL::NAME, NULL::NAME, NULL::VARCHAR, NULL::INTEGER WHERE FALSE'""",
)
SETTINGS = (
    """CREATE FUNCTION public.set_config(name text, value text, local boolean) RETURNS text
    LANGUAGE sql RETURN pg_catalog.set_config(
      CASE name WHEN 'enable_numeric_rounding' THEN 'redshift.rounding' ELSE name END, value, local
    )""",
    """DO $$ BEGIN
      EXECUTE format('ALTER DATABASE %I SET search_path = public, pg_catalog', current_database());
    END $$""",
)
"""What lets PostgreSQL take a setting that only Redshift has, by another name."""
_OWN = re.compile(
    r"pg_catalog\.(?=pg_(class|attribute|attrdef|namespace)\b)"
    r"|\b(?=svv_external|format_encoding|pg_get_late_binding)"
)
_WHICH = re.compile(r"AND (schema|table_name|relname) = '[^']*'")
"""Redshift takes the name of a column of the answer there; without it the answer is of all."""
_ALL = re.compile(r"\bwhere 1\b", re.IGNORECASE)


@contextmanager
def asked_as_redshift() -> Iterator[None]:
    """Let the statements about the catalogue be those that PostgreSQL understands."""

    @sqlalchemy.event.listens_for(sqlalchemy.Engine, "before_cursor_execute", retval=True)
    def asked(
        _con: object, _cursor: object, sql: str, given: object, *_: object
    ) -> tuple[str, object]:
        if "pg_catalog" in sql:
            sql = _ALL.sub("WHERE TRUE", _WHICH.sub("", _OWN.sub("redshift.", sql)))
        return sql, given

    try:
        yield
    finally:
        sqlalchemy.event.remove(sqlalchemy.Engine, "before_cursor_execute", asked)
