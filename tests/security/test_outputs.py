"""Outputs go where they were sent: into a device or fifo, never through what was planted."""

from __future__ import annotations

import csv
import errno
import io
import json
import os
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from eveobs import files
from eveobs.bench import saving
from eveobs.errors import EveobsError
from tests.conftest import Eveobs, process

pytestmark = pytest.mark.skipif(os.name != "posix", reason="of Unix")

Writer = Callable[[Path, bytes], None]


def by_stream(target: Path, content: bytes) -> None:
    with files.atomic_write(target, private=True) as out:
        out.write(content)


def by_seekable_stream(target: Path, content: bytes) -> None:
    with files.atomic_write(target, private=True, seekable=True) as out:
        out.write(b"x" * len(content))
        out.seek(0)
        out.write(content)


def by_path(target: Path, content: bytes) -> None:
    with files.atomic_path(target, private=True) as part:
        part.write_bytes(content)


@pytest.fixture(params=[by_stream, by_seekable_stream, by_path], ids=lambda one: one.__name__)
def write(request: pytest.FixtureRequest) -> Writer:
    writer: Writer = request.param
    return writer


DEVICES = {"null": (1, 3), "full": (1, 7)}


@pytest.fixture
def device(tmp_path: Path) -> Callable[[str], Path]:
    """Gives a device. Root, who could replace the system's own, gets a node of his own."""

    def device(name: str) -> Path:
        if os.geteuid() != 0:
            return Path("/dev", name)
        node = tmp_path / name
        try:
            os.mknod(node, stat.S_IFCHR | 0o666, os.makedev(*DEVICES[name]))
            node.open("wb").close()
        except OSError:
            pytest.skip("no devices can be made here")
        return node

    return device


# -- the door -------------------------------------------------------------------------------------


@pytest.mark.unit
@pytest.mark.parametrize("linked", [False, True])
def test_a_fifo_is_written_into(write: Writer, tmp_path: Path, linked: bool) -> None:
    fifo = target = tmp_path / "fifo"
    os.mkfifo(fifo)
    if linked:
        target = tmp_path / "link"
        target.symlink_to(fifo)
    read: list[bytes] = []
    reader = threading.Thread(target=lambda: read.append(fifo.read_bytes()), daemon=True)
    reader.start()
    write(target, b"some rows")
    reader.join(10)
    assert read == [b"some rows"]
    assert stat.S_ISFIFO(fifo.lstat().st_mode)
    assert target.is_symlink() is linked


@pytest.mark.unit
def test_a_device_stays_one(write: Writer, device: Callable[[str], Path]) -> None:
    null = device("null")
    before = null.lstat()
    write(null, b"x")
    after = null.lstat()
    assert (before.st_rdev, before.st_mode) == (after.st_rdev, after.st_mode)
    with pytest.raises(OSError, match=os.strerror(errno.ENOSPC)):
        write(device("full"), b"x" * 100_000)


@pytest.mark.unit
def test_a_link_to_a_file_is_replaced_and_not_written_through(
    write: Writer, tmp_path: Path
) -> None:
    victim = tmp_path / "victim"
    victim.write_text("mine")
    for target in (victim, tmp_path / "nothing"):
        link = tmp_path / "out.csv"
        link.unlink(missing_ok=True)
        link.symlink_to(target)
        write(link, b"rows")
        assert not link.is_symlink()
        assert link.read_bytes() == b"rows"
    assert victim.read_text() == "mine"
    assert not (tmp_path / "nothing").exists()


@pytest.mark.unit
def test_a_failure_leaves_what_was_there_and_nothing_beside_it(tmp_path: Path) -> None:
    target = tmp_path / "out.csv"
    target.write_text("old")
    for door in (files.atomic_write, files.atomic_path):
        with pytest.raises(RuntimeError), door(target, private=True):
            raise RuntimeError
    assert target.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["out.csv"]


@pytest.mark.unit
def test_part_names_cannot_be_guessed_and_what_lies_there_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = set()
    for _ in range(20):
        with files.atomic_write(tmp_path / "x", private=True):
            names |= {path.name for path in tmp_path.iterdir()} - {"x"}
    assert len(names) == 20
    monkeypatch.setattr("eveobs.files._random_text", lambda: "0" * 16)
    victim = tmp_path / "victim"
    part = tmp_path / f".eveobs-{'0' * 16}.part"
    for target in ("victim", "made"):
        part.symlink_to(tmp_path / target)
        with pytest.raises(FileExistsError), files.atomic_write(tmp_path / "x", private=True):
            pass
        assert part.is_symlink()
        part.unlink()
    assert not victim.exists()
    assert not (tmp_path / "made").exists()


@pytest.mark.unit
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make another user's link")
def test_the_link_of_another_user_is_not_followed(tmp_path: Path) -> None:
    folder = tmp_path / "shared"
    folder.mkdir()
    folder.chmod(0o1777)
    victim = tmp_path / "victim"
    os.mkfifo(victim)
    link = folder / "eveobs.log"
    link.symlink_to(victim)
    os.chown(link, 12345, 12345, follow_symlinks=False)
    with pytest.raises(PermissionError, match="link of another user"):
        files.open_private(link, os.O_RDWR | os.O_CREAT)
    with pytest.raises(PermissionError, match="link of another user"):
        files.write_bytes(link, b"x", private=True)


@pytest.mark.unit
def test_a_lock_is_no_link_whoever_made_it(tmp_path: Path) -> None:
    (tmp_path / "x.lock").symlink_to(tmp_path / "made")
    with pytest.raises(OSError, match=os.strerror(errno.ELOOP)):
        files.open_lock(tmp_path / "x.lock")
    assert not (tmp_path / "made").exists()


@pytest.mark.integration
def test_a_lock_keeps_another_process_out_until_its_holder_is_killed(tmp_path: Path) -> None:
    program = (
        "import sys, time; from pathlib import Path; from eveobs import files\n"
        "with files.locked(Path(sys.argv[1])):\n    print('held', flush=True); time.sleep(60)"
    )
    path = tmp_path / "deep" / "x.lock"
    holder = subprocess.Popen(
        [sys.executable, "-c", program, str(path)], stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    with files.open_lock(path) as file:
        assert not files.try_lock(file)
        with pytest.raises(TimeoutError):
            files.wait_for_lock(file, 0.1)
        holder.kill()
        holder.wait()
        holder.stdout.close()
        files.wait_for_lock(file, 10)


@pytest.mark.unit
@pytest.mark.parametrize("name", ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"])
def test_stdout_by_name_goes_on_where_it_is(name: str, tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from eveobs import files\n"
        "files.write_bytes(Path(sys.argv[1]), b'rows', private=True)"
    )
    target = tmp_path / "x"
    target.write_text("before ")
    with target.open("a") as out:
        subprocess.run([sys.executable, "-c", program, name], stdout=out, check=True)
    assert target.read_text() == "before rows"
    assert [path.name for path in tmp_path.iterdir()] == ["x"]


# -- every option that writes ---------------------------------------------------------------------


@pytest.fixture
def fifo(tmp_path: Path) -> Callable[[], bytes]:
    """A fifo at `tmp_path / "fifo"` that is read; calling it gives what came."""
    path = tmp_path / "fifo"
    os.mkfifo(path)
    read: list[bytes] = []
    reader = threading.Thread(target=lambda: read.append(path.read_bytes()), daemon=True)
    reader.start()

    def found() -> bytes:
        reader.join(20)
        assert stat.S_ISFIFO(path.lstat().st_mode), "it was replaced"
        return read[0]

    return found


@pytest.mark.integration
@pytest.mark.parametrize("form", ["csv", "json", "ndjson", "parquet", "sqlite", "everef"])
def test_every_export_is_written_into_a_fifo(
    filled: Eveobs, tmp_path: Path, fifo: Callable[[], bytes], form: str
) -> None:
    result = filled("export", "contracts", "--format", form, "-o", str(tmp_path / "fifo"))
    assert result.exit_code == 0, result.output
    came = fifo()
    if form == "ndjson":
        assert len([json.loads(line) for line in came.splitlines()]) == 300
    elif form == "sqlite":
        (tmp_path / "x.sqlite").write_bytes(came)
        with closing(sqlite3.connect(tmp_path / "x.sqlite")) as database:
            assert database.execute("SELECT count(*) FROM contracts").fetchone() == (300,)
    elif form == "parquet":
        from pyarrow import parquet

        assert parquet.read_table(io.BytesIO(came)).num_rows == 300
    else:
        assert len(came) > 1000
    assert [path.name for path in tmp_path.iterdir() if "eveobs" in path.name] == []


@pytest.mark.integration
def test_a_picture_is_written_into_a_fifo(tmp_path: Path, fifo: Callable[[], bytes]) -> None:
    from eveobs.bench.histogram import Histogram
    from eveobs.cli.plotting import draw

    latencies = Histogram()
    latencies.add(1_000_000)
    target = tmp_path / "x.svg"
    target.symlink_to(tmp_path / "fifo")
    draw(target, [("x", latencies)])
    assert b"<svg" in fifo()
    assert target.is_symlink()


@pytest.mark.unit
def test_a_saved_run_is_written_into_a_fifo(tmp_path: Path, fifo: Callable[[], bytes]) -> None:
    from datetime import UTC, datetime

    saving.check_place(tmp_path / "fifo")
    saving.save(tmp_path / "fifo", [], datetime.now(UTC))
    assert b"eveobs_bench" in fifo()


@pytest.mark.unit
def test_a_saved_run_is_not_written_through_a_planted_name(tmp_path: Path) -> None:
    from datetime import UTC, datetime

    victim = tmp_path / "victim"
    victim.write_text("mine")
    for name in (f"run.json.{os.getpid()}.new", f".run.json.{os.getpid()}.part.json"):
        (tmp_path / name).symlink_to(victim)
    saving.save(tmp_path / "run.json", [], datetime.now(UTC))
    assert victim.read_text() == "mine"


@pytest.mark.integration
def test_an_export_to_a_full_device_is_an_error_that_says_so(
    filled: Eveobs, device: Callable[[str], Path]
) -> None:
    full = device("full")
    result = filled("export", "contracts", "-o", str(full))
    assert result.exit_code == 1
    assert "full cannot be written" in " ".join(result.stderr.split())
    assert stat.S_ISCHR(full.lstat().st_mode)


@pytest.mark.integration
def test_an_export_to_dev_stdout_can_be_piped(filled: Eveobs) -> None:
    ended = process(filled.env, "export", "contracts", "-o", "/dev/stdout")
    assert ended.returncode == 0, ended.stderr
    # Titles may have line breaks, which CSV keeps within quotes.
    assert len(list(csv.reader(io.StringIO(ended.stdout, newline="")))) == 301


@pytest.mark.unit
def test_an_error_of_the_system_names_the_file(tmp_path: Path) -> None:
    with pytest.raises(EveobsError, match="x cannot be written"), files.explained(tmp_path / "x"):
        files.write_bytes(tmp_path / "no" / "x", b"", private=True)
    with pytest.raises(BrokenPipeError), files.explained(tmp_path / "x"):
        raise BrokenPipeError


# -- completion -----------------------------------------------------------------------------------

SHELL = """
source "$1"
eveobs() { printf '%s\\n' '*' 'a b' '$(touch made)' '*.txt'; }
COMP_WORDS=(eveobs show '"*')
COMP_CWORD=2
_eveobs eveobs
printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.mark.integration
def test_a_star_in_a_name_is_not_completed_to_the_files_that_are_here(tmp_path: Path) -> None:
    from eveobs.cli import completing

    script = Path(completing.__file__).parent / "scripts" / "eveobs.bash"
    for name in ("thesis.txt", "secret.txt"):
        (tmp_path / name).touch()
    ended = subprocess.run(
        ["bash", "-c", SHELL, "bash", str(script)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=20,
    )
    assert ended.stdout.splitlines() == ["*", "a b", "$(touch made)", "*.txt"]
    assert not (tmp_path / "made").exists()
