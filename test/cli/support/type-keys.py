"""Types into a shell as a user would: type-keys.py SETUP LINE EXPECTED COMMAND…

Starts the shell COMMAND on a terminal, runs SETUP, which has to print READY, types LINE and a tab, and waits until EXPECTED is to be seen. Exits with 0 if it came.
"""

import os
import pty
import re
import select
import sys
import time

setup, line, expected, command = sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4:]
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(command[0], command)
seen = ""


def wait_for(text, seconds):
    global seen
    deadline = time.monotonic() + seconds
    while text not in re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]|[\x07\x08]", "", seen):
        left = deadline - time.monotonic()
        if left <= 0 or not select.select([terminal], [], [], left)[0]:
            return False
        try:
            seen += os.read(terminal, 65536).decode(errors="replace")
        except OSError:
            return False
    return True


os.write(terminal, (setup + "\n").encode())
# What is typed is echoed too: the word itself must not stand in it.
is_ready = wait_for("READY-1", 20)
seen = ""
os.write(terminal, (line + "\t").encode())
is_found = is_ready and wait_for(expected, 20)
if not is_found:
    print(("not ready: " if not is_ready else "not found: ") + repr(seen))
os.close(terminal)
sys.exit(0 if is_found else 1)
