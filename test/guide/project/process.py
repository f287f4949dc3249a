import argparse
import os
from pathlib import Path

parser = argparse.ArgumentParser()
parser.add_argument("--shard", type=int, required=True)
shard = parser.parse_args().shard

work = Path("work", os.environ["AIR_EXECUTOR_JOB"])
number = int((work / f"input-{shard}").read_text())
(work / f"output-{shard}").write_text(str(number * number))
print(f"shard {shard}: {number * number}")
