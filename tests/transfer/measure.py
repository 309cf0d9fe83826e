"""Transfers through one S3 server: Provost's command, the same stores without an envelope, and the Java client 4.x.

Run by tests/transfer/run. Each round has all of them, one after the other; figures are medians of rounds.
"""

import argparse
import base64
import os
import pathlib
import secrets
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time

import boto3

BUCKET = "transfer"
MIB = 1 << 20
MOST = 256 * MIB


class Run:
    """What one process took: seconds on the wall and of processors, its peak of memory with that of its children, and
    how busy the machine's processors were, the server's part included: near 1 they are the limit, else it is the disk."""

    def __init__(self, command, environment):
        peak = [0]
        begun, before = time.monotonic(), processors()
        process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        done = threading.Event()
        watching = threading.Thread(target=watch, args=(process.pid, peak, done))
        watching.start()
        said = process.stderr.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        self.wall = time.monotonic() - begun
        busy, idle = (after - then for after, then in zip(processors(), before))
        self.busy = busy / max(busy + idle, 1)
        done.set()
        watching.join()
        self.processor = usage.ru_utime + usage.ru_stime
        self.memory = max(peak[0], usage.ru_maxrss * 1024)
        if process.returncode != 0:
            sys.exit(f"{' '.join(map(str, command))}: status {process.returncode}\n{said.decode(errors='replace')}")


def processors():
    """What all of them have done, and waited, in ticks."""
    user, nice, system, idle, waiting, *others = map(int, pathlib.Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9])
    return user + nice + system + sum(others), idle + waiting


def watch(process, peak, done):
    while not done.wait(0.02):
        peak[0] = max(peak[0], sum(map(memory, family(process))))


def family(process):
    try:
        children = pathlib.Path(f"/proc/{process}/task/{process}/children").read_text().split()
    except OSError:
        children = []
    return [process, *map(int, children)]


def memory(process):
    try:
        for line in pathlib.Path(f"/proc/{process}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    return 0


class Contest:
    """The three, on the same bucket with the same key."""

    def __init__(self, folder, programs):
        self.folder, self.programs = folder, programs
        self.endpoint = os.environ["PROVOST_TEST_S3_STRICT_ENDPOINT"]
        self.s3 = boto3.client("s3", endpoint_url=self.endpoint)
        self.s3.create_bucket(Bucket=BUCKET)
        key = secrets.token_bytes(32)
        self.private("one.key", key)
        self.private("keys.list", f"s3://{BUCKET}/ one {folder}/one.key\n".encode())
        (folder / "security.json").write_text(
            '{"EncryptionConfiguration": {"EnableInTransitEncryption": false, "EnableAtRestEncryption": true,'
            ' "AtRestEncryptionConfiguration": {"S3EncryptionConfiguration": {"EncryptionMode": "CSE-Custom",'
            f' "S3Object": "{folder}/libprovost_static_keys.so", "EncryptionKeyProviderClass": "provost.keys.Static"}}}}}}}}'
        )
        (folder / "provost.toml").write_text(
            'security_configuration = "security.json"\n'
            f'[s3]\nendpoint = "{self.endpoint}"\npath_style = true\n'
            f'[classes."provost.keys.Static".conf]\nkeys = "{folder}/keys.list"\n'
        )
        shutil.copy(programs / "libprovost_static_keys.so", folder)
        (folder / "libprovost_static_keys.so").chmod(0o644)
        self.environment = os.environ | {
            "PROVOST_CONFIG": f"{folder}/provost.toml",
            "TRANSFER_ENDPOINT": self.endpoint,
            "TRANSFER_KEY": base64.b64encode(key).decode(),
        }

    def private(self, name, content):
        with open(os.open(self.folder / name, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as file:
            file.write(content)

    def provost(self, *arguments):
        return Run([self.programs / "provost", *arguments], self.environment)

    def plain(self, *arguments):
        return Run([self.programs / "examples" / "plain", *arguments], self.environment)

    def java(self, *arguments):
        paths = os.environ["TRANSFER_CLASSPATH"]
        # The JDK keeps a whole message in memory until its tag is checked.
        return Run(["java", "-Xmx12g", "-cp", paths, "Transfer", *arguments], self.environment)

    def large(self, size, rounds):
        """The Java client's default provider seals 2 GiB less one byte at most: beyond, it does not take part."""
        java = size < 2**31
        source, back = self.folder / "source", self.folder / "back"
        with open(source, "wb") as file:
            for _ in range(size // MIB):
                file.write(secrets.token_bytes(MIB))
        uri, plain = f"s3://{BUCKET}/large/encrypted", f"s3://{BUCKET}/large/plain"
        puts, gets = {}, {}
        writes = {
            "plain": lambda: self.plain("put", source, plain),
            "provost": lambda: self.provost("object", "put", source, uri),
        }
        reads = {
            "plain": lambda: self.plain("get", plain, back),
            "provost": lambda: self.provost("object", "get", uri, back),
        }
        if java:
            writes["java"] = lambda: self.java("put", BUCKET, "large/java", source)
            reads["java"] = lambda: self.java("get", BUCKET, "large/java", back)
        for number in range(rounds):
            for name, put in in_turn(writes, number):
                self.settle()
                add(puts, name, put())
            for name, get in in_turn(reads, number):
                back.unlink(missing_ok=True)
                self.settle()
                add(gets, name, get())
                subprocess.run(["cmp", source, back], check=True)
        if java:
            # One reads what the other wrote, so that the same was measured.
            back.unlink()
            self.provost("object", "get", f"s3://{BUCKET}/large/java", back)
            subprocess.run(["cmp", source, back], check=True)
        source.unlink(), back.unlink()
        self.empty("large/")
        shown = f"{size // MIB / 1024:g} GiB"
        return [(f"put, {shown}", puts), (f"get, {shown}", gets)]

    def many(self, count, size, rounds):
        source = self.folder / "many"
        source.mkdir()
        for file in range(count):
            (source / f"{file:05}").write_bytes(secrets.token_bytes(size))
        puts, gets = {}, {}
        # Each run has names of its own, and nothing is removed before the last: ext4 without a journal passes over
        # inodes that were freed in the last minutes one by one, and whoever makes the next files would pay for it.
        for number in range(rounds):
            names = {name: f"many/{number}/{name}/" for name in ("plain", "provost", "java")}
            uris = {name: f"s3://{BUCKET}/{key}" for name, key in names.items()}
            backs = {name: self.folder / f"many-back-{number}-{name}" for name in names}
            writes = {
                "plain": lambda: self.plain("put-folder", source, uris["plain"]),
                "provost": lambda: self.provost("object", "put", "-r", source, uris["provost"]),
                "java": lambda: self.java("put-folder", BUCKET, names["java"], source),
            }
            reads = {
                "plain": lambda: self.plain("get-folder", uris["plain"], backs["plain"]),
                "provost": lambda: self.provost("object", "get", "-r", uris["provost"], backs["provost"]),
                "java": lambda: self.java("get-folder", BUCKET, names["java"], backs["java"], str(count)),
            }
            for name, put in in_turn(writes, number):
                self.settle()
                add(puts, name, put())
            for name, get in in_turn(reads, number):
                self.settle()
                add(gets, name, get())
                subprocess.run(["diff", "-r", source, backs[name]], check=True)
        return [(f"put, {count} of {size} B", puts), (f"get, {count} of {size} B", gets)]

    def empty(self, prefix):
        for page in self.s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=prefix):
            for found in page.get("Contents", []):
                self.s3.delete_object(Bucket=BUCKET, Key=found["Key"])

    def settle(self):
        """No run pays for what the one before left for the disk to do."""
        os.sync()
        time.sleep(0.3)


def in_turn(kinds, number):
    """The order is turned around from round to round: the one before leaves the server and the disk warm, or busy."""
    kinds = list(kinds.items())
    return kinds if number % 2 == 0 else kinds[::-1]


def add(results, name, run):
    results.setdefault(name, []).append(run)


def median(runs, what):
    return statistics.median(getattr(run, what) for run in runs)


def head():
    print("| what | Provost, s | without envelope, s | ratio (bar 0.8) | Java 4.x, s | times its wall (goal 5) | CPU s: without, Provost, Java | times its CPU (goal 5) | processors busy: without, Provost | peak MiB (bar 256) |")
    print("|---|---|---|---|---|---|---|---|---|---|", flush=True)


def show(rows):
    for what, runs in rows:
        wall = {name: median(some, "wall") for name, some in runs.items()}
        cpu = {name: median(some, "processor") for name, some in runs.items()}
        busy = {name: median(some, "busy") for name, some in runs.items()}
        peak = max(run.memory for run in runs["provost"]) / MIB
        java = "java" in runs
        cells = [
            what,
            f"{wall['provost']:.2f}",
            f"{wall['plain']:.2f}",
            f"{wall['plain'] / wall['provost']:.2f}",
            f"{wall['java']:.2f}" if java else "cannot",
            f"{wall['java'] / wall['provost']:.1f}" if java else "",
            ", ".join(f"{seconds:.2f}" for seconds in cpu.values()),
            f"{cpu['java'] / cpu['provost']:.1f}" if java else "",
            f"{busy['plain']:.0%}, {busy['provost']:.0%}",
            f"{peak:.0f}",
        ]
        print("| " + " | ".join(cells) + " |", flush=True)
        if peak > MOST / MIB:
            sys.exit(f"{what}: {peak:.0f} MiB at the peak, and {MOST // MIB} are allowed")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--size", type=int, default=4096, help="MiB of the large object; from 2048 on also one of 1024, which Java can")
    parser.add_argument("--count", type=int, default=10_000, help="small objects, of 4 KiB")
    parser.add_argument("--rounds", type=int, default=4)
    options = parser.parse_args()
    programs = pathlib.Path(os.environ["TRANSFER_PROGRAMS"])
    with tempfile.TemporaryDirectory(prefix="provost-transfer-") as folder:
        contest = Contest(pathlib.Path(folder), programs)
        head()
        show(contest.large(options.size * MIB, options.rounds))
        if options.size >= 2048:
            show(contest.large(1024 * MIB, options.rounds))
        show(contest.many(options.count, 4096, options.rounds))


main()
