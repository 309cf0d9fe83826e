"""docs/interop.md: written from what a run found, and nothing else, so that it is the same after each run."""

from cells import PROVOST_FORMATS, RANGES, SIZES, Cell
from clients import CLIENTS, MATERIALS, STORAGES

HEAD = """\
# Interop

Which real client reads what Provost writes, and the other way round. This file is written by the run of `bash tests/interop/run`,
which fails when it finds anything else than what stands here; [tests/interop](../tests/interop/README.md) says how it is done.

"""


def render(versions, rules, explained):
    notes = {}  # number of the rule -> number of the note, in order of appearance
    text = HEAD + table(("what", "version"), sorted(versions.items())) + "\n"
    text += f"Each cell is objects of {len(SIZES)} sizes, byte for byte: {', '.join(SIZES)}. The last is a multipart upload, but for Go's client, which has none.\n"
    text += "\n## A client writes, Provost reads\n\nWhole objects, and ranges of the one of 1 MiB + 3, whose bytes nothing authenticates.\n\n"
    text += table(("client", "writes", *columns()), [
        (client.title, format.title, *(
            verdict(explained, notes, [Cell("client", client.name, format.name, material, storage, size) for size in (*SIZES, RANGES)])
            for material in MATERIALS for storage in STORAGES))
        for client in CLIENTS for format in client.writes
    ])
    text += "\nRefused unless `read.legacy = \"decrypt\"`, and for CBC `read.unauthenticated = \"accept\"`, is set for the prefix:\n\n"
    text += "".join(f"- {client.title}: {format.title}\n" for client in CLIENTS for format in client.writes if format.legacy)
    text += "\n## Provost writes, a client reads\n\nWhole objects, and ranges of the one of 1 MiB + 3. Clients have their default settings; for V2, Java 4.x and Python\n"
    text += "have the commitment policy `FORBID_ENCRYPT_ALLOW_DECRYPT`.\n\n"
    text += table(("client", "Provost writes", *columns()), [
        (client.title, format, *(
            verdict(explained, notes, [Cell("Provost", client.name, format, material, storage, size) for size in (*SIZES, RANGES)])
            for material in MATERIALS for storage in STORAGES))
        for client in CLIENTS for format in PROVOST_FORMATS
    ])
    text += "\n## Notes\n\n"
    return text + "".join(f"{note}. {rules[number].reason}\n" for number, note in notes.items())


def columns():
    return [f"{material}, {storage.replace('-', ' ')}" for material in MATERIALS for storage in STORAGES]


def verdict(explained, notes, cells):
    """`yes`, `no [1]`, or `yes; ranges: no [2]`."""
    failed = {}
    for cell in cells:
        if cell in explained:
            failed.setdefault(explained[cell], []).append(cell.size)
    if not failed:
        return "yes"
    if len(failed) == 1 and sum(map(len, failed.values())) == len(cells):
        return f"no [{note(notes, next(iter(failed)))}]"
    parts = [f"{', '.join(sizes)}: no [{note(notes, number)}]" for number, sizes in failed.items()]
    whole = sum(map(len, failed.values())) == len(cells)
    return "; ".join(parts if whole else ["yes", *parts])


def note(notes, number):
    return notes.setdefault(number, len(notes) + 1)


def table(head, rows):
    lines = [head, ["---"] * len(head), *rows]
    return "".join("| " + " | ".join(line) + " |\n" for line in lines)
