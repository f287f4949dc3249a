import os
from pathlib import Path

work = Path("work", os.environ["AIR_EXECUTOR_JOB"])
work.mkdir(parents=True)
for shard in (1, 2, 3):
    (work / f"input-{shard}").write_text(str(shard * 10))
