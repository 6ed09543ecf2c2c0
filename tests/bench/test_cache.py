from __future__ import annotations

from pathlib import Path

import pytest

from bench.cache import fill


class Writer:
    """Writes one file a call, and may be interrupted before it is done."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.calls = 0

    def __call__(self) -> None:
        self.calls += 1
        (self.folder / f"part{self.calls}").touch()

    def interrupted(self) -> None:
        self()
        raise KeyboardInterrupt


@pytest.fixture
def writer(tmp_path: Path) -> Writer:
    return Writer(tmp_path / "data")


def test_a_finished_folder_is_not_written_again(writer: Writer) -> None:
    fill(writer.folder, {"size": 1}, writer)
    fill(writer.folder, {"size": 1}, writer)
    assert writer.calls == 1


def test_another_identity_replaces_the_folder(writer: Writer) -> None:
    fill(writer.folder, {"size": 1}, writer)
    fill(writer.folder, {"size": 2}, writer)
    assert not (writer.folder / "part1").exists()
    assert (writer.folder / "part2").exists()


def test_an_interrupted_fill_leaves_no_folder(writer: Writer) -> None:
    with pytest.raises(KeyboardInterrupt):
        fill(writer.folder, {"size": 1}, writer.interrupted)
    assert not writer.folder.exists()


@pytest.mark.parametrize(("size", "goes_on"), [(1, True), (2, False)])
def test_what_resumes_goes_on_for_the_same_identity_alone(
    writer: Writer, size: int, goes_on: bool
) -> None:
    with pytest.raises(KeyboardInterrupt):
        fill(writer.folder, {"size": 1}, writer.interrupted, resumes=True)
    fill(writer.folder, {"size": size}, writer, resumes=True)
    assert (writer.folder / "part1").exists() is goes_on
    assert (writer.folder / "part2").exists()


def test_what_a_killed_fill_left_is_removed(writer: Writer) -> None:
    with pytest.raises(KeyboardInterrupt):
        fill(writer.folder, {"size": 1}, writer.interrupted, resumes=True)
    fill(writer.folder, {"size": 1}, writer)
    assert not (writer.folder / "part1").exists()
