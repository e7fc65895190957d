"""An operator's tool: says whether the database is sound."""

import sqlite3
import sys

from app import DATABASE

with sqlite3.connect(DATABASE) as connection:
    answer = connection.execute("PRAGMA integrity_check").fetchone()[0]
print(answer)
sys.exit(0 if answer == "ok" else 1)
