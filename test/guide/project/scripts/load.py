import sqlite3
from pathlib import Path

rows = [line.split() for line in Path("transformed.txt").read_text().splitlines()]
with sqlite3.connect("warehouse.db") as database:
    database.execute("create table amounts (name text, cents integer)")
    database.executemany("insert into amounts values (?, ?)", rows)
    print("total", database.execute("select sum(cents) from amounts").fetchone()[0])
