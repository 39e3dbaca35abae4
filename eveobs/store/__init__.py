"""The store: tables, observations and history. SQLite by default, PostgreSQL by URL."""
