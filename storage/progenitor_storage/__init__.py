"""Studies, trials and what became of them, on SQLite and PostgreSQL."""
