"""A server of ours is a process of its own, and ends with whoever needs it, however that ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from urllib.request import urlopen

import pytest

from eveobs.bench.servers import ServerProcess, no_op

pytestmark = pytest.mark.integration

SCRIPT = """
import os, signal, sys, time
from eveobs.bench.servers import ServerProcess, no_op
if __name__ == "__main__":
    with ServerProcess(no_op) as server:
        print(server.url, server._process.pid, flush=True)
        time.sleep(60)
"""


def is_there(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    with open(f"/proc/{pid}/stat") as stat:  # noqa: PTH123
        return stat.read().rpartition(")")[2].split()[0] != "Z"


def test_it_answers_and_is_gone_afterwards() -> None:
    with ServerProcess(no_op) as server:
        for _ in range(3):
            with urlopen(server.url + "/any/path", timeout=10) as answer:  # noqa: S310
                assert json.load(answer) == {}
    with pytest.raises(OSError, match="refused"):
        urlopen(server.url, timeout=10)  # noqa: S310


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")
def test_it_ends_when_its_owner_is_killed(tmp_path: object) -> None:
    script = os.path.join(str(tmp_path), "owner.py")  # noqa: PTH118
    with open(script, "w") as file:  # noqa: PTH123
        file.write(SCRIPT)
    with subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        _, pid = owner.stdout.readline().split()
        owner.send_signal(signal.SIGKILL)
    end = time.monotonic() + 10
    while is_there(int(pid)):
        assert time.monotonic() < end, "it is still there"
        time.sleep(0.02)
