"""The ports over a relational database, through SQLAlchemy Core.

SQLite on one machine, PostgreSQL where several gateways share it.
"""
