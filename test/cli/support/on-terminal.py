"""Runs a command on a terminal of its own: on-terminal.py UNTIL COMMAND…

Takes nothing from the terminal until the file UNTIL says that its job has ended ("-": takes from the beginning), then all to the end. Prints what
came, and exits as the command did. "gone:FILE" takes the terminal away as soon as FILE is there.
"""

import json
import os
import pty
import sys
import time

until, command = sys.argv[1], sys.argv[2:]
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(command[0], command)


def has_ended():
    try:
        with open(until) as file:
            return json.load(file)["state"] in ("completed", "failed")
    except (OSError, ValueError):
        return False


deadline = time.monotonic() + 40
is_taken_away = until.startswith("gone:")
while until != "-" and not (os.path.exists(until[5:]) if is_taken_away else has_ended()) and time.monotonic() < deadline:
    time.sleep(0.05)
is_late = time.monotonic() >= deadline
if is_taken_away:
    os.close(terminal)
while not is_taken_away:
    try:
        data = os.read(terminal, 65536)
    except OSError:
        break
    if not data:
        break
    os.write(1, data)
status = os.waitpid(pid, 0)[1]
sys.exit(99 if is_late else os.waitstatus_to_exitcode(status))
