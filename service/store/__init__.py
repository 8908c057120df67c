"""What the server remembers: projects, campaigns, labels, models and operations, in SQLite or PostgreSQL.

`database.Database` opens transactions; the other modules hold one family of rows each, as functions over a
`Transaction`. A use case opens one transaction and calls as many of them as it needs: all of it happens, or nothing.
"""

from service.store.database.database import Database, Transaction

__all__ = ["Database", "Transaction"]
