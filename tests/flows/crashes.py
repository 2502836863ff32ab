"""A crash at a chosen moment: the process kills itself at its n-th deed in a run's folder.

Deeds are what can be torn apart: files opened for writing, renamed and removed, and every write
to a journal. Counting them instead of seconds makes a crash repeatable on any machine.
"""

PRELUDE = """
import os, signal, sys

left = {deeds}
folder = {folder!r}

def deed():
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)

def hook(event, arguments):
    if event in ("open", "os.rename", "os.remove", "os.mkdir") and arguments:
        path = os.fsdecode(arguments[0]) if not isinstance(arguments[0], int) else ""
        if path.startswith(folder) and (event != "open" or (arguments[2] & os.O_ACCMODE)):
            deed()

pwrite = os.pwrite

def counted(*arguments):
    if {torn}:
        written = pwrite(arguments[0], arguments[1][: len(arguments[1]) // 2], *arguments[2:])
        deed()
        return written
    deed()
    return pwrite(*arguments)

os.pwrite = counted
sys.addaudithook(hook)
"""


def crash_at(deeds: int, folder: object, *, torn: bool = False) -> str:
    """Return code that kills the process at its n-th deed below `folder`.

    With `torn`, journal writes reach the disk in halves.
    """
    return PRELUDE.format(deeds=deeds, folder=str(folder), torn=torn)
