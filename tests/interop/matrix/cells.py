"""The cells of the matrix, and what each of them came to."""

import os
from dataclasses import dataclass
from pathlib import Path

from clients import CLIENTS, MATERIALS, STORAGES
from materials import BUCKET

MIB = 1 << 20
MULTIPART = "12 MiB + 5"
RANGES = "ranges"
SIZES = {"0": 0, "1": 1, "15": 15, "16": 16, "17": 17, "1 MiB + 3": MIB + 3, MULTIPART: 12 * MIB + 5}
# Of the object of 1 MiB + 3: one byte, across a block, from the middle of a block, and up to the end.
RANGE_SOURCE = "1 MiB + 3"
RANGE_ENDS = ((0, 0), (15, 16), (100_000, 165_537), (MIB - 5, MIB + 2))
PROVOST_FORMATS = ("V3", "V2")


@dataclass(frozen=True)
class Cell:
    writer: str  # "client" or "Provost"
    client: str
    format: str
    material: str
    storage: str
    size: str

    def key(self):
        """The object's key. What Provost writes is read by every client, so theirs is not in it."""
        owner = self.client if self.writer == "client" else "provost"
        size = RANGE_SOURCE if self.size == RANGES else self.size
        return "/".join((owner, self.format, self.material, self.storage, size)).replace(" ", "-")


@dataclass(frozen=True)
class Failure:
    side: str  # who could not: "client" or "Provost"
    says: str


def all_cells():
    for material in MATERIALS:
        for storage in STORAGES:
            for client in CLIENTS:
                for format in client.writes:
                    for size in (*SIZES, RANGES):
                        yield Cell("client", client.name, format.name, material, storage, size)
                for format in PROVOST_FORMATS:
                    for size in (*SIZES, RANGES):
                        yield Cell("Provost", client.name, format, material, storage, size)


class Bench:
    """What a cell needs to be run."""

    def __init__(self, folder: Path, materials, provost, drivers, store):
        self.folder = folder
        self.materials = materials
        self.provost = provost
        self.drivers = drivers
        self.store = store  # plain S3
        self.clients = {client.name: client for client in CLIENTS}
        for size, length in SIZES.items():
            self.plaintext(size).write_bytes(os.urandom(length))

    def plaintext(self, size):
        size = RANGE_SOURCE if size == RANGES else size
        return self.folder / f"{size.replace(' ', '-')}.plain"

    def write(self, cell):
        """Provost's object for a cell that a client reads."""
        error = self.provost.put(self.plaintext(cell.size), cell.key(), cell.material, cell.storage, cell.format)
        return Failure("Provost", error) if error else self.not_in_parts(cell, "Provost")

    def read(self, cell):
        """A client reads Provost's object."""
        format = self.clients[cell.client].reads[cell.format]
        output = self.folder / f"{cell.client}.out"
        plaintext = self.plaintext(cell.size).read_bytes()
        for ends in RANGE_ENDS if cell.size == RANGES else (None,):
            error = self.ask(cell, "get", output, format, range=ends and f"bytes={ends[0]}-{ends[1]}")
            if error:
                return Failure("client", error)
            wanted = slice(ends[0], ends[1] + 1) if ends else slice(None)
            if output.read_bytes() != plaintext[wanted]:
                return Failure("client", f"returns {self.what(cell, output, wanted)}, and no error")
        return None

    def exchange(self, cell):
        """A client writes, Provost reads."""
        failure = self.client_writes(cell)
        if failure:
            return failure
        if cell.size == RANGES:
            return self.provost_reads_ranges(cell)
        output = self.folder / f"{cell.client}.read"
        if self.legacy(cell) and not self.provost_reads(cell, output, legacy=False):
            return Failure("Provost", "opens a legacy object without having been told to")
        error = self.provost_reads(cell, output, self.legacy(cell))
        if error:
            return Failure("Provost", error)
        if output.read_bytes() != self.plaintext(cell.size).read_bytes():
            return Failure("Provost", f"returns {self.what(cell, output)}, and no error")
        return None

    def read_back(self, cell):
        """A client writes and reads: does the rig work?"""
        failure = self.client_writes(cell)
        if failure:
            return failure
        output = self.folder / f"{cell.client}.out"
        error = self.ask(cell, "get", output, cell.format, legacy=self.legacy(cell))
        if error:
            return Failure("client", error)
        if output.read_bytes() != self.plaintext(cell.size).read_bytes():
            return Failure("client", f"returns {self.what(cell, output)}, and no error")
        return None

    def client_writes(self, cell):
        error = self.ask(cell, "put", self.plaintext(cell.size), cell.format, multipart=cell.size == MULTIPART)
        if error:
            return Failure("client", error)
        return self.not_in_parts(cell, "client") if self.clients[cell.client].parts else None

    def provost_reads(self, cell, output, legacy):
        output.unlink(missing_ok=True)
        return self.provost.get(cell.key(), output, cell.material, cell.storage, legacy)

    def provost_reads_ranges(self, cell):
        """The ranges that clients read, one from the end, and one that is open."""
        plaintext = self.plaintext(cell.size).read_bytes()
        ranges = [(f"{first}-{last}", plaintext[first:last + 1]) for first, last in RANGE_ENDS]
        ranges += [("-17", plaintext[-17:]), (f"{MIB}-", plaintext[MIB:])]
        for range, wanted in ranges:
            error, got = self.provost.cat(cell.key(), range, cell.material, cell.storage, self.legacy(cell))
            if error:
                return Failure("Provost", f"range {range}: {error}")
            if got != wanted:
                return Failure("Provost", f"returns other bytes for the range {range}, and no error")
        return None

    def not_in_parts(self, cell, side):
        """The ETag of what was uploaded in parts ends in their number."""
        if cell.size != MULTIPART or "-" in self.store.head_object(Bucket=BUCKET, Key=cell.key())["ETag"]:
            return None
        return Failure(side, "does not upload in parts")

    def what(self, cell, output, wanted=slice(None)):
        ciphertext = self.store.get_object(Bucket=BUCKET, Key=cell.key())["Body"].read()
        return "the ciphertext" if output.read_bytes() == ciphertext[wanted] else "other bytes"

    def legacy(self, cell):
        return next(format.legacy for format in self.clients[cell.client].writes if format.name == cell.format)

    def ask(self, cell, op, file, format, multipart=False, legacy=False, range=None):
        return self.drivers[cell.client].ask(
            op=op, bucket=BUCKET, key=cell.key(), file=str(file), material=self.materials[cell.material], storage=cell.storage,
            format=format, multipart=multipart, legacy=legacy, range=range,
        )
