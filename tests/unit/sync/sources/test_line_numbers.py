"""Scenario 27: contradictions are told with the file and the physical line, whatever lies between, and the run goes on."""

from __future__ import annotations

import gzip
import os

from tests.support.exports import STUDENTS, student
from tests.support.sync_world import World


def test_over_several_files(world: World) -> None:
    folder = world.students_file.parent / "exports"
    folder.mkdir()
    law = [
        STUDENTS,
        "",
        student(1),
        student(2),
        ";" * 13,
        student(3, ine="0000000001A"),
        "x" * 70_000,
        student(4),
    ]
    (folder / "law.csv").write_bytes("\r".join(law).encode("cp1252"))
    arts = [
        STUDENTS,
        student(5, ine="0000000001A"),
        student(2),
        student(6),
        '"' + student(7),
        student(8, year="x"),
    ]
    (folder / "arts.csv.gz").write_bytes(gzip.compress("\r\n".join(arts).encode("utf-8-sig")))
    students = world.settings.sources[0].model_copy(update={"path": folder / "*"})
    world.settings = world.settings.model_copy(update={"sources": [students, *world.settings.sources[1:]]})

    world.run()

    told = sorted((row.source, row.file, row.line, row.problem) for row in world.quarantine())
    places = [(file, line) for _, file, line, _ in told]
    assert places == [
        ("arts.csv.gz", 2),  # one INE, two people
        ("arts.csv.gz", 5),  # a quote that is not closed
        ("arts.csv.gz", 6),
        ("law.csv", 4),  # repeats a line of the other file
        ("law.csv", 6),
        ("law.csv", 7),
    ]
    problems = {place: problem for place, (_, _, _, problem) in zip(places, told, strict=True)}
    assert "law.csv line 6" in problems["arts.csv.gz", 2]
    assert "arts.csv.gz line 2" in problems["law.csv", 6]
    assert "arts.csv.gz" in problems["law.csv", 4]
    assert {world.person(f"apogee:{number}").key for number in (1, 2, 4, 6)}
    assert len(world.directory.held) == 5  # those four, and a member of staff


def test_what_a_row_says_never_stops_a_run(world: World) -> None:
    """Bytes of no encoding, NUL and escapes, in the cells that problems quote."""
    cells = ("\udcff", "\0", "\x1b[31m", "\u202e", "\ud800")
    rows = [
        student(n, **{field: f"x{cell}y"})
        for n, (field, cell) in enumerate(
            ((field, cell) for field in ("birth", "mail", "status") for cell in cells),
            1,
        )
    ]
    text = "\n".join([STUDENTS, *rows, student(99)]) + "\n"
    world.students_file.write_bytes(text.encode("utf-8", "surrogatepass"))
    world.run()
    quarantine = world.quarantine()
    assert {row.line for row in quarantine} == set(range(2, 2 + len(rows)))
    assert all(row.problem.isprintable() for row in quarantine)
    assert world.person("apogee:99")


def test_a_file_s_own_name_never_stops_a_run(world: World) -> None:
    folder = world.students_file.parent / "exports"
    folder.mkdir()
    path = folder / os.fsdecode(b"\xff\n.csv")
    path.write_text(f"{STUDENTS}\n{student(1)}\n{student(2, year='x')}\n", "utf-8")
    students = world.settings.sources[0].model_copy(update={"path": folder / "*"})
    world.settings = world.settings.model_copy(update={"sources": [students, *world.settings.sources[1:]]})
    world.run()
    assert [(row.file, row.line) for row in world.quarantine()] == [("\ufffd .csv", 3)]
