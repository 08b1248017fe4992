"""Run app.py as `python app.py` would be, writing every name look-up and connection of the process to a file.

python tests/app/serve.py LOG APP
"""

import runpy
import sys

log = open(sys.argv[1], "a", buffering=1, encoding="utf-8")  # noqa: SIM115 (open for as long as the process lives)


def record(event: str, args: tuple) -> None:
    if event in ("socket.getaddrinfo", "socket.gethostbyname"):
        print(event, args[0], file=log)
    elif event == "socket.connect" and isinstance(args[1], tuple):
        print(event, args[1][0], file=log)


sys.addaudithook(record)
app = sys.argv[2]
sys.argv = [app]
sys.path[0] = app.rpartition("/")[0]
runpy.run_path(app, run_name="__main__")
