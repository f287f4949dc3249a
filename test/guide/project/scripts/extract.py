import csv
from pathlib import Path

with open("data.csv", newline="") as source:
    rows = list(csv.DictReader(source))
Path("extracted.txt").write_text("".join(f"{row['name']} {row['amount']}\n" for row in rows))
print(f"extracted {len(rows)} rows")
