"""Forms of statements and migrations of databases."""

from __future__ import annotations

from typing import Final

from plumbrule_parsers.shell_tree.form import TAKEN, Form

_CLIENTS: Final = "psql mysql mariadb sqlcmd clickhouse-client cockroach sqlite3"
_EXISTS: Final = r"(?i)\bIF\s+NOT\s+EXISTS\b|\\gexec|\bDO\s+\\?\$|\bNOT\s+EXISTS\b"
_DROPS: Final = "drops what is there"

DATA: Final[tuple[Form, ...]] = (
    Form(79, "sql", "createdb createuser", "", "fails", TAKEN,
         "ask `psql -lqt` or `\\du` first", asks=r"psql\s"),
    Form(79, "sql", _CLIENTS, "", "fails", TAKEN, "use IF NOT EXISTS, or a migration tool",
         said=r"(?i)\bCREATE\s+(?:UNLOGGED\s+)?(?:TABLE|DATABASE|SCHEMA|SEQUENCE|EXTENSION)\b",
         unsaid=_EXISTS),
    Form(81, "sql", _CLIENTS, "", "fails", TAKEN, "use IF NOT EXISTS, or a migration tool",
         said=r"(?i)\bCREATE\s+(?:UNIQUE\s+)?(?:USER|ROLE|TYPE|INDEX|VIEW|TRIGGER)\b"
         r"|\bALTER\s+TABLE\b[\s\S]{0,400}?\bADD\s+(?:COLUMN\b|CONSTRAINT\b)",
         unsaid=_EXISTS),
    Form(80, "sql", _CLIENTS, "", "duplicates", "adds the rows again on every run",
         "use ON CONFLICT, or ON DUPLICATE KEY", said=r"(?i)\bINSERT\s+INTO\b",
         unsaid=r"(?i)\bON\s+(?:CONFLICT|DUPLICATE)\b|\bNOT\s+EXISTS\b|\bEXCEPT\b"),
    Form(80, "sql", "mongoimport", "", "duplicates", "adds the documents again on every run",
         "use `--mode=upsert`", unless="--mode|--upsert|--drop|--upsertFields"),
    Form(80, "sql", "redis-cli", r".*?\b(?i:RPUSH|LPUSH|INCR|INCRBY|XADD|APPEND)", "duplicates",
         "adds again on every run", "use SET, or SADD"),
    Form(79, "sql", "psql", "", "fails", "may fail, or add rows again",
         "use a migration tool", flags="-f|--file", doubt="what the statements of the file do"),
    # ------------------------------------------------------------------ migrations for developers
    Form(82, "migration", "prisma", "migrate (?:dev|reset)", "replaces",
         "may drop the database to make its migrations fit", "use `prisma migrate deploy`"),
    Form(82, "migration", "prisma", "db push", "replaces", _DROPS, "use `prisma migrate deploy`",
         flags="--accept-data-loss|--force-reset"),
    Form(82, "migration", "rails rake",
         r"(?:\S+ )*db:(?:schema:load|structure:load|reset|drop|setup|purge|migrate:reset"
         r"|test:purge)\S*", "replaces", _DROPS, "use `rails db:migrate`"),
    Form(82, "migration", "artisan", "migrate:(?:fresh|refresh|reset)|db:wipe", "replaces", _DROPS,
         "use `artisan migrate --force`"),
    Form(82, "migration", "manage.py django-admin", "flush|reset_db|sqlflush", "replaces",
         "empties the database", "use `manage.py migrate`"),
    Form(82, "migration", "manage.py django-admin", "createsuperuser", "fails",
         "fails if the user exists", "ask for the user first"),
    Form(82, "migration", "flyway", "(?:\\S+ )*clean", "replaces", _DROPS, "use `flyway migrate`"),
    Form(82, "migration", "liquibase", "(?:\\S+ )*(?:drop-all|dropAll)", "replaces", _DROPS,
         "use `liquibase update`"),
    Form(82, "migration", "alembic", "downgrade base", "replaces", _DROPS,
         "use `alembic upgrade head`"),
    Form(82, "migration", "sequelize sequelize-cli typeorm", r"db:drop|schema:drop", "replaces",
         _DROPS, "use the migrations"),
    Form(82, "migration", "hasura", "database drop|metadata clear", "replaces", _DROPS,
         "use the migrations"),
)  # fmt: skip
