"""Parquet files out of a stream of rows: whole before anybody sees them."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.fs as pafs
import pyarrow.parquet as pq
from feast.errors import SavedDatasetLocationAlreadyExists
from feast.infra.offline_stores.file_source import FileSource

_PART = "part-{:05d}.parquet"
PART_BYTES = 256 << 20
"""A part of an export ends once it holds rows of this size in memory."""


def open_place(uri: str, repo_path: Path | None, endpoint: str = "") -> tuple[pafs.FileSystem, str]:
    """The file system of a place, and the place in it; relative paths are of the repository."""
    absolute = FileSource.get_uri_for_file_path(repo_path, uri)
    filesystem, path = FileSource.create_filesystem_and_path(absolute, endpoint)
    if filesystem is not None:
        return filesystem, path
    if "://" in path:
        return pafs.FileSystem.from_uri(path)
    return pafs.LocalFileSystem(), str(Path(path).absolute())


def write_dataset_files(
    rows: pa.RecordBatchReader,
    uri: str,
    repo_path: Path | None,
    endpoint: str = "",
    *,
    allow_overwrite: bool,
) -> None:
    """Writes the rows to one file, if the place ends in ".parquet", else into a folder.

    SavedDatasetLocationAlreadyExists where the place is taken, unless it may be overwritten. The
    place changes once everything is written beside it.
    """
    filesystem, place = open_place(uri, repo_path, endpoint)
    if not allow_overwrite and _exists(filesystem, place):
        raise SavedDatasetLocationAlreadyExists(location=uri)
    parent, _, name = place.rstrip("/").rpartition("/")
    beside = f"{parent}/.{name}.{uuid.uuid4().hex}"
    filesystem.create_dir(parent, recursive=True)
    try:
        _write_file(rows, filesystem, beside)
        if not allow_overwrite and _exists(filesystem, place):
            raise SavedDatasetLocationAlreadyExists(location=uri)
        if name.endswith(".parquet"):
            filesystem.move(beside, place)
        elif isinstance(filesystem, pafs.LocalFileSystem):
            _put_folder(filesystem, beside, place)
        else:
            # Object stores have no folders to move: what was there goes, one object comes.
            filesystem.create_dir(place)
            filesystem.delete_dir_contents(place)
            filesystem.move(beside, f"{place.rstrip('/')}/{_PART.format(0)}")
    except BaseException:
        _remove(filesystem, beside)
        raise


def write_parts(rows: pa.RecordBatchReader, uri: str, repo_path: Path | None) -> list[str]:
    """Writes the rows as files of a new folder below the place, and returns their paths.

    A stream without rows gives one file without rows. After an error nothing is left.
    """
    filesystem, place = open_place(uri, repo_path)
    local = isinstance(filesystem, pafs.LocalFileSystem)
    name = f"export-{uuid.uuid4().hex}"
    folder = f"{place.rstrip('/')}/{name}"
    # In an object store, which moves no folders, nobody knows the folder's name before the end.
    beside = f"{place.rstrip('/')}/.{name}" if local else folder
    filesystem.create_dir(beside, recursive=True)
    parts: list[str] = []
    try:
        for part in _parts(rows):
            parts.append(_PART.format(len(parts)))
            _write_file(part, filesystem, f"{beside}/{parts[-1]}")
        if local:
            filesystem.move(beside, folder)
    except BaseException:
        _remove(filesystem, beside)
        raise
    shown = folder if local else f"{uri.rstrip('/')}/{name}"
    return [f"{shown}/{part}" for part in parts]


def _parts(rows: pa.RecordBatchReader) -> Iterator[pa.RecordBatchReader]:
    """The stream cut into streams; each must be read before the next is asked for."""
    remaining = iter(rows)
    ended = False

    def part() -> Iterator[pa.RecordBatch]:
        nonlocal ended
        size = 0
        while size < PART_BYTES:
            batch = next(remaining, None)
            if batch is None:
                ended = True
                return
            size += batch.nbytes
            yield batch

    while not ended:
        yield pa.RecordBatchReader.from_batches(rows.schema, part())


def _write_file(rows: pa.RecordBatchReader, filesystem: pafs.FileSystem, path: str) -> None:
    with pq.ParquetWriter(path, rows.schema, filesystem=filesystem) as writer:
        for batch in rows:
            writer.write_batch(batch)


def _exists(filesystem: pafs.FileSystem, path: str) -> bool:
    found: Any = filesystem.get_file_info(path)
    return found.type != pafs.FileType.NotFound


def _put_folder(filesystem: pafs.FileSystem, file: str, place: str) -> None:
    """Makes the place a folder of that file; what was there before goes, or stays as it was."""
    folder, old = f"{file}.new", f"{file}.old"
    filesystem.create_dir(folder)
    filesystem.move(file, f"{folder}/{_PART.format(0)}")
    taken = _exists(filesystem, place)
    try:
        if taken:
            filesystem.move(place, old)
        filesystem.move(folder, place)
    except BaseException:
        if taken and _exists(filesystem, old):
            filesystem.move(old, place)
        _remove(filesystem, folder)
        raise
    if taken:
        _remove(filesystem, old)


def _remove(filesystem: pafs.FileSystem, path: str) -> None:
    """Removes a file or a folder, as far as that is possible."""
    with contextlib.suppress(OSError):
        if filesystem.get_file_info(path).type == pafs.FileType.Directory:
            filesystem.delete_dir(path)
        else:
            filesystem.delete_file(path)
