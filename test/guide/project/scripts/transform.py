from pathlib import Path

lines = Path("extracted.txt").read_text().splitlines()
Path("transformed.txt").write_text("".join(f"{line.split()[0].upper()} {int(line.split()[1]) * 100}\n" for line in lines))
print(f"transformed {len(lines)} rows")
