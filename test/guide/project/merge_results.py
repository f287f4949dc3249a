import os
from pathlib import Path

work = Path("work", os.environ["AIR_EXECUTOR_JOB"])
print("total", sum(int((work / f"output-{shard}").read_text()) for shard in (1, 2, 3)))
