"""Keeps all rows of the database beside it, and puts them back: writing a scene took three seconds of processor time a test."""

from django.contrib.contenttypes.models import ContentType
from django.db import connection, transaction

from orchestrator.kernel import sql

BESIDE = "kept_rows"
TABLES = """
SELECT t.relname, array_agg(quote_ident(a.attname) ORDER BY a.attnum)
FROM pg_class t
JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
WHERE t.relnamespace = %s::regnamespace AND t.relkind IN ('r', 'p') AND NOT t.relispartition
  AND t.relname <> 'django_migrations'
GROUP BY 1 ORDER BY 1
"""


@transaction.atomic
def keep_rows() -> None:
    """Copy every table that has rows."""
    with connection.cursor() as cursor:
        cursor.execute(f"DROP SCHEMA IF EXISTS {BESIDE} CASCADE")
        cursor.execute(f"CREATE SCHEMA {BESIDE}")
    for name, _ in sql.rows(TABLES, ["public"]):
        table = sql.identifier(name)
        if sql.rows(f"SELECT EXISTS (SELECT FROM public.{table})")[0][0]:
            sql.count(f"CREATE TABLE {BESIDE}.{table} AS TABLE public.{table}")


@transaction.atomic
def put_back_rows() -> None:
    """Have in every table what was kept of it, and nothing else: no trigger and no foreign key looks at it again."""
    kept = {name for name, _ in sql.rows(TABLES, [BESIDE])}
    sql.count("SET LOCAL session_replication_role = replica")
    for name, columns in sql.rows(TABLES, ["public"]):
        table, said = sql.identifier(name), ", ".join(columns)
        if sql.rows(f"SELECT EXISTS (SELECT FROM public.{table})")[0][0]:
            sql.count(f"DELETE FROM public.{table}")
        if name in kept:
            sql.count(f"INSERT INTO public.{table} ({said}) SELECT {said} FROM {BESIDE}.{table}")
    ContentType.objects.clear_cache()
