"""Answers of ESI, kept: a memory LRU over a folder that all processes of the machine share.

What is kept is bytes: a MessagePack entry whose body is compressed with zstd, and a checksum of all
that. Nothing is ever unpickled (CVE-2025-69872), and an entry that is damaged is a miss.
A folder that cannot be used makes the run slower, never wrong: one warning, then memory alone.
"""

from __future__ import annotations

import time
import zlib
from collections import OrderedDict
from collections.abc import Callable
from functools import partial
from pathlib import Path

import msgspec

from eveobs.esi.cache_statistics import CacheStatistics, Counted, Tally
from eveobs.esi.decompress import decompress
from eveobs.esi.disk import PATIENCE, DiskError, DiskLevel
from eveobs.esi.entry_files import NOT_OURS, RefusedEntryError

MEBIBYTE = 1024 * 1024
RETENTION = 14 * 86400
"""Seconds an expired entry is kept for its ETag."""
BATCH = 200
"""Entries written in one transaction."""
SPELL = 2.0
"""Seconds after which also fewer are written, and what was counted: so much a kill can cost."""
CLOCK_STEP = 60.0
"""Seconds by which a machine's clock may be put back without a doubt about what it kept."""


class Entry(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One kept page: what is needed to answer from it, and to ask whether it changed."""

    route: str
    status: int
    body: bytes
    etag: str
    last_modified: float | None
    expires: float
    pages: int | None
    stored: float
    dated: bool = True

    def text(self) -> bytes:
        """The body as ESI sent it. Raises DecompressError if it is damaged or far too large."""
        return decompress(self.body)

    def is_fresh(self, now: float) -> bool:
        """Whether nothing new can exist. One that was kept later than now was kept by a clock that
        went wrong, and so was its expiry.
        """
        return self.stored - CLOCK_STEP <= now < self.expires


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Entry).decode


def pack(entry: Entry) -> bytes:
    """`entry` as it is kept on disk."""
    data = _encode(entry)
    return zlib.crc32(data).to_bytes(4) + data


def unpack(data: bytes) -> Entry:
    """The entry that `pack` made these bytes of.

    Raises ValueError for bytes that are no entry, or not as they were written.
    """
    if zlib.crc32(data[4:]).to_bytes(4) != data[:4]:
        raise ValueError("the checksum does not fit")
    try:
        return _decode(data[4:])
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


class ResponseCache:
    """The two levels. Reads are immediate; writes wait for `flush` and go in one transaction."""

    def __init__(
        self,
        folder: Path | None,
        *,
        size_mb: int = 512,
        memory_mb: int = 32,
        clock: Callable[[], float] = time.time,
        warn: Callable[[str], None] = lambda _: None,
        patience: float = PATIENCE,
        statistics: CacheStatistics | None = None,
        note_refused: Callable[[int, str], object] = lambda *_: None,
    ) -> None:
        """`patience`: seconds to wait for another process that writes; `statistics`: where to
        count, if another cache of this run counts there too. `note_refused` hears at the end how
        many entries were not such as the cache makes, and why (the first of them).
        """
        self._folder = folder
        self._size = size_mb * MEBIBYTE
        self._memory_size = memory_mb * MEBIBYTE
        self._memory: OrderedDict[str, Entry] = OrderedDict()
        self._memory_used = 0
        self._pending: dict[str, Entry] = {}
        self._disk: DiskLevel | None = None
        self._given_up: DiskLevel | None = None
        self._clock = clock
        self._warn = warn
        self._patience = patience
        self._found_damage = False
        self._counts_kept = True
        self._note_refused = note_refused
        self._refused: list[str] = []
        self._flushed = clock()
        self.statistics = CacheStatistics() if statistics is None else statistics

    def get(self, key: str) -> Entry | None:
        """The entry kept for `key`, fresh or not."""
        entry = self._memory.get(key)
        if entry is not None:
            self._memory.move_to_end(key)
            self.statistics.count(entry.route, Tally.MEMORY)
            return entry
        entry = self._read(key)
        if entry is not None:
            self.statistics.count(entry.route, Tally.DISK)
            self._remember(key, entry)
        return entry

    def put(self, key: str, entry: Entry) -> None:
        """Keep `entry`; it reaches the folder with the next `flush`."""
        self.statistics.count(entry.route, Tally.STORED)
        self._remember(key, entry)
        if self._folder is not None:
            self._pending[key] = entry

    @property
    def due(self) -> bool:
        """Whether enough is waiting to be worth a transaction, or for long enough."""
        if self._folder is None:
            return False
        waited = abs(self._clock() - self._flushed) >= SPELL
        return len(self._pending) >= BATCH or (waited and bool(self._pending or self.statistics))

    @property
    def waiting(self) -> bool:
        """Whether anything is waiting to be written."""
        return self._folder is not None and bool(self._pending)

    def flush(self) -> None:
        """Write what is waiting, in one transaction, and add what was counted to the statistics."""
        self.batch()()

    def batch(self) -> Callable[[], None]:
        """What is waiting, taken out of here: to be called, from any thread, to write it."""
        self._flushed = self._clock()
        pending, self._pending = self._pending, {}
        return partial(self._write, pending, self.statistics.take())

    def _write(self, pending: dict[str, Entry], counted: Counted) -> None:
        if pending and (disk := self._open()) is not None:
            now = self._clock()
            try:
                disk.set_many(
                    (key, pack(entry), max(entry.expires - now, 0) + RETENTION)
                    for key, entry in pending.items()
                )
            except DiskError as error:
                self._degrade(error)
            finally:
                disk.close()  # the connection of this thread; each has its own
        if self._folder is not None and self._counts_kept:
            self._save(counted, self._folder)

    def _save(self, counted: Counted, folder: Path) -> None:
        try:
            counted.save(folder, patience=self._patience)
        except DiskError as error:
            self._counts_kept = False
            self._warn(
                f"what the cache in {folder} does cannot be counted ({error}); "
                "it works all the same"
            )

    def close(self) -> None:
        """Write what is waiting, add this run to the statistics, let go of the folder.

        To be called from the thread that reads.
        """
        self.flush()
        disk, self._disk = self._disk or self._given_up, None
        if disk is not None:
            disk.close()
            # A refused entry is counted when it is read, and its file when the row is dropped.
            number = max(len(self._refused), disk.refused)
            if number:
                self._note_refused(number, (self._refused or [NOT_OURS])[0])

    def _remember(self, key: str, entry: Entry) -> None:
        if (old := self._memory.pop(key, None)) is not None:
            self._memory_used -= len(old.body)
        self._memory[key] = entry
        self._memory_used += len(entry.body)
        while self._memory_used > self._memory_size:
            _, dropped = self._memory.popitem(last=False)
            self._memory_used -= len(dropped.body)

    def _read(self, key: str) -> Entry | None:
        if key in self._pending:
            return self._pending[key]
        if (disk := self._open()) is None:
            return None
        try:
            data = disk.get(key)
            return None if data is None else unpack(data)
        except DiskError as error:
            self._degrade(error)
        except ValueError as error:  # a pickle, another's file, or bytes that are no entry
            if isinstance(error, RefusedEntryError):
                self._refused.append(str(error))
            if not self._found_damage:
                self._found_damage = True
                self._warn(f"the cache in {self._folder} has damaged entries; they are asked anew")
            self._discard(disk, key)
        return None

    def _discard(self, disk: DiskLevel, key: str) -> None:
        try:
            disk.delete(key)
        except DiskError as error:
            self._degrade(error)

    def drop(self, key: str) -> None:
        """Forget `key` on both levels: its body turned out to be damaged."""
        if (old := self._memory.pop(key, None)) is not None:
            self._memory_used -= len(old.body)
        self._pending.pop(key, None)
        if (disk := self._open()) is not None:
            self._discard(disk, key)

    def _open(self) -> DiskLevel | None:
        if self._disk is None and self._folder is not None:
            try:
                self._disk = DiskLevel(self._folder, size_limit=self._size, patience=self._patience)
            except DiskError as error:
                self._degrade(error)
        return self._disk

    def _degrade(self, error: Exception) -> None:
        folder, self._folder = self._folder, None
        if folder is not None:
            self._warn(
                f"the cache in {folder} cannot be used ({error}); this run goes on without it"
            )
        self._pending.clear()
        disk, self._disk = self._disk, None
        self._given_up = disk or self._given_up
        if disk is not None:
            disk.close()
