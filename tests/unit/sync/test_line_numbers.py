"""Scenario 27: contradictions are told with the file and the physical line, whatever lies between, and the run goes on."""

from __future__ import annotations

import gzip

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
