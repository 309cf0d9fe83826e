"""Runs the matrix. Started by ../run, with the servers of ../with-servers and the environment that it sets."""

import argparse
import difflib
import os
import re
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import boto3
from botocore.config import Config

import expectations
import materials
import report
from cells import RANGES, Bench, all_cells
from clients import CLIENTS, Driver
from provost import Provost

HERE = Path(__file__).resolve().parent
TABLE = HERE.parents[2] / "docs" / "interop.md"


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--write", action="store_true", help="write docs/interop.md instead of comparing it")
    arguments.add_argument("--rig", action="store_true", help="without Provost: each client reads back what it wrote")
    arguments.add_argument("--only", action="append", metavar="CLIENT", choices=[client.name for client in CLIENTS], help="not the whole matrix, and no table")
    arguments.add_argument("--moto", action="store_true", help="S3 of moto instead of the strict one, and no table")
    options = arguments.parse_args()

    clients = [client for client in CLIENTS if client.name in (options.only or client.name)]
    s3 = os.environ["PROVOST_TEST_S3_ENDPOINT" if options.moto else "PROVOST_TEST_S3_STRICT_ENDPOINT"]
    kms = os.environ["PROVOST_TEST_KMS_ENDPOINT"]
    with tempfile.TemporaryDirectory(prefix="provost-interop-") as folder:
        folder = Path(folder)
        store = boto3.client("s3", endpoint_url=s3, config=Config(s3={"addressing_style": "path"}))
        store.create_bucket(Bucket=materials.BUCKET)
        keys = materials.make(folder, boto3.client("kms", endpoint_url=kms))
        provost = None
        if not options.rig:
            endpoints = {"AWS_ENDPOINT_URL_S3": s3, "AWS_ENDPOINT_URL_KMS": kms}
            provost = Provost(Path(os.environ["INTEROP_PROVOST"]), folder, keys, os.environ | endpoints)
        drivers = {client.name: Driver(command(client.name), os.environ | {"S3_ENDPOINT": s3, "KMS_ENDPOINT": kms}) for client in clients}
        try:
            outcomes = run(Bench(folder, keys, provost, drivers, store), [client.name for client in clients], options.rig)
        finally:
            for driver in drivers.values():
                driver.stop()

    rules = expectations.load(HERE / "cannot.toml")
    explained, complaints = expectations.judge(rules, outcomes)
    if not (options.rig or options.only):
        complaints += expectations.never_met(rules)
    for complaint in complaints:
        print(complaint, file=sys.stderr)
    passed = sum(failure is None for failure in outcomes.values())
    print(f"{passed} cells pass, {len(explained)} fail as expected, {len(complaints)} complaints")
    if complaints:
        return 1
    if options.rig or options.only or options.moto:
        return 0
    return compare(report.render(versions(), rules, explained), options.write)


def run(bench, names, rig):
    cells = [cell for cell in all_cells() if cell.client in names and not (rig and cell.size == RANGES)]
    outcomes = {}
    if not rig:
        # Each object once, whoever reads it.
        objects = {cell.key(): cell for cell in cells if cell.writer == "Provost" and cell.size != RANGES}
        started = time.monotonic()
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            written = dict(zip(objects, pool.map(bench.write, objects.values())))
        print(f"Provost wrote {len(objects)} objects in {time.monotonic() - started:.0f} s", flush=True)

    def of_client(name):
        started = time.monotonic()
        mine = [cell for cell in cells if cell.client == name]
        found = {}
        for cell in mine:
            if cell.writer == "client":
                found[cell] = bench.read_back(cell) if rig else bench.exchange(cell)
            elif not rig:
                found[cell] = written[cell.key()] or bench.read(cell)
        print(f"{name}: {len(found)} cells in {time.monotonic() - started:.0f} s", flush=True)
        return found

    with ThreadPoolExecutor(len(names)) as pool:
        for found in pool.map(of_client, names):
            outcomes |= found
    return outcomes


def command(name):
    """../install.sh says where each driver is."""
    java = Path(os.environ["INTEROP_JAVA"])
    return {
        "java4": lambda: java_command(java / "s3ec4"),
        "java3": lambda: java_command(java / "s3ec3"),
        "sdk1-v2": lambda: java_command(java / "sdk1"),
        "sdk1-v1": lambda: java_command(java / "sdk1"),
        "python": lambda: [sys.executable, HERE.parent / "clients" / "python" / "driver.py"],
        "go1": lambda: [os.environ["INTEROP_GO"]],
    }[name]()


def java_command(folder):
    return ["java", "-Xmx512m", "-cp", f"{folder}/classes:{folder}/lib/*", "Main"]


def versions():
    from importlib.metadata import version

    java = Path(os.environ["INTEROP_JAVA"])

    def jar(folder, name):
        return next((java / folder / "lib").glob(f"{name}-[0-9]*.jar")).stem.removeprefix(f"{name}-")

    def module(folder, name):
        return re.search(rf"\b{re.escape(name)} v(\S+)", (HERE.parent / folder / "go.mod").read_text())[1]

    return {
        "Amazon S3 Encryption Client for Java 4.x": jar("s3ec4", "amazon-s3-encryption-client-java"),
        "Amazon S3 Encryption Client for Java 3.x": jar("s3ec3", "amazon-s3-encryption-client-java"),
        "AWS SDK for Java 1.x": jar("sdk1", "aws-java-sdk-s3"),
        "Amazon S3 Encryption Client for Python": version("amazon-s3-encryption-client-python"),
        "AWS SDK for Go 1.x": module("clients/go", "github.com/aws/aws-sdk-go"),
        "S3: versitygw": module("servers", "github.com/versity/versitygw"),
        "KMS: moto": version("moto"),
    }


def compare(found, write):
    if write:
        TABLE.write_text(found)
        print(f"wrote {TABLE}")
        return 0
    committed = TABLE.read_text() if TABLE.exists() else ""
    if committed == found:
        return 0
    sys.stderr.writelines(difflib.unified_diff(committed.splitlines(True), found.splitlines(True), "docs/interop.md as committed", "as found"))
    print("docs/interop.md is not what this run found: bash tests/interop/run --write", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
