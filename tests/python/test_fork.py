"""Processes that have read, and fork: their children read too, or are refused; none hangs."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
import traceback
from collections.abc import Callable

import pyarrow as pa
import pyarrow.compute as pc
import pytest

import icefield
from icefield import FeatureView, ReadOptions
from icefield.errors import InvalidArgumentError
from tests.python.long_reads import frame, start, write_table

ROWS = 200_000
SECONDS = 60
PARALLEL = ReadOptions(threads=4, batch_size=1000)


@pytest.fixture(scope="module")
def location(lake):
    return write_table(lake, ROWS)


@pytest.fixture(scope="module")
def table(location):
    return icefield.load_table(location)


@pytest.fixture(scope="module")
def view(table):
    return FeatureView("v", table, ["driver"])


@pytest.fixture(scope="module")
def entities():
    return frame(50_000)


def join(entities, view, **options):
    options.setdefault("options", PARALLEL)
    return icefield.point_in_time_join(entities, [view], **options)


def answer(entities, view) -> int:
    return pc.sum(join(entities, view).to_arrow()["trips"]).as_py()


def forked(work: Callable[[], bool]) -> int:
    """A child that runs `work`; 0 if it gave true."""
    child = os.fork()
    if child != 0:
        return child
    code = 1
    try:
        code = 0 if work() else 2
    except BaseException:  # What it was is seen in the output of the test.
        traceback.print_exc()
    finally:
        os._exit(code)


def exit_code(child: int) -> int | str:
    """Of a child; "it hangs" where it does not end."""
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.01)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return "it hangs"


def test_children_and_their_children_read(table, view, entities):
    wanted = answer(entities, view)

    def read():
        grandchild = forked(lambda: answer(entities, view) == wanted)
        latest = icefield.latest(view, options=PARALLEL).to_arrow()
        scanned = table.scan(options=PARALLEL).to_arrow()
        return (
            answer(entities, view) == wanted
            and latest.num_rows > 0
            and scanned.num_rows == ROWS
            and exit_code(grandchild) == 0
        )

    children = [forked(read) for _ in range(4)]
    assert [exit_code(child) for child in children] == [0] * 4
    assert answer(entities, view) == wanted


def _load(number):
    """An item of a data set, as a worker of a data loader gets it."""
    view, entities, wanted = _preloaded
    part = join(entities.slice(100 * number, 100), view).to_arrow()
    return number, part["trips"].to_pylist() == wanted.slice(100 * number, 100).to_pylist()


_preloaded: tuple = ()


def test_pools_of_forked_workers_read(view, entities):
    """A data loader: workers are forked from a process that has read, views are inherited."""
    global _preloaded
    _preloaded = (view, entities, join(entities, view).to_arrow()["trips"].combine_chunks())
    with multiprocessing.get_context("fork").Pool(3) as pool:
        results = pool.map_async(_load, range(50)).get(timeout=SECONDS)
    assert results == [(number, True) for number in range(50)]


def test_workers_of_a_preloaded_server_read_in_threads(view, entities):
    """gunicorn --preload: the application is loaded once, workers are forked, each has threads."""
    wanted = answer(entities, view)

    def serve():
        answers = []
        threads = [
            threading.Thread(target=lambda: answers.append(answer(entities, view)))
            for _ in range(3)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return answers == [wanted] * 3

    workers = [forked(serve) for _ in range(2)]
    assert [exit_code(worker) for worker in workers] == [0, 0]


@pytest.mark.parametrize("kind", ["join", "latest"])
def test_a_training_set_that_is_begun_goes_on_in_each_process(view, entities, kind):
    made = join(entities, view) if kind == "join" else icefield.latest(view, options=PARALLEL)
    whole = join(entities, view) if kind == "join" else icefield.latest(view, options=PARALLEL)
    wanted = whole.to_arrow()
    reader = made.reader()
    first = reader.read_next_batch()

    def is_rest():
        return pa.concat_tables([pa.table(first), reader.read_all()]).equals(wanted)

    child = forked(is_rest)
    assert is_rest()
    assert exit_code(child) == 0


def test_a_scan_that_is_begun_is_refused_in_the_child(table):
    reader = table.scan(options=PARALLEL).to_arrow_batch_reader()
    reader.read_next_batch()

    def is_refused():
        with pytest.raises(InvalidArgumentError, match="fork"):
            reader.read_next_batch()
        return table.scan(options=PARALLEL).to_arrow().num_rows == ROWS

    child = forked(is_refused)
    assert exit_code(child) == 0
    assert reader.read_all().num_rows == ROWS - 1000


@pytest.mark.parametrize("threads", [1, 4])
@pytest.mark.parametrize("kind", ["join", "latest", "scan"])
def test_a_fork_in_the_middle_is_refused_in_the_child(table, view, entities, kind, threads):
    children = []

    def fork_once(progress):
        if not children and 0 < progress.fraction < 1:
            children.append(os.fork())

    slow = ReadOptions(threads=threads, batch_size=2, progress=fork_once)

    def read(options):
        if kind == "scan":
            return table.scan(options=options).to_arrow()
        if kind == "latest":
            return icefield.latest(view, options=options).to_arrow()
        return join(entities, view, options=options).to_arrow()

    wanted = read(PARALLEL)
    parent, refused, result = os.getpid(), "", None
    try:
        result = read(slow)
    except InvalidArgumentError as error:
        refused = str(error)
    if os.getpid() != parent:
        code = 1
        try:
            code = 0 if "forked in the middle" in refused and read(PARALLEL).equals(wanted) else 2
        finally:
            os._exit(code)
    assert len(children) == 1
    assert exit_code(children[0]) == 0
    assert result is not None, refused
    assert result.equals(wanted)


def test_children_of_a_process_that_reads_all_the_time(location):
    """Other threads are in the middle of joins whenever this one forks.

    In a process of its own: other libraries' threads are not asked whether they mind.
    """
    script = """
        import sys, threading
        import icefield
        from tests.python.long_reads import frame
        from tests.python.test_fork import answer, exit_code, forked

        view = icefield.FeatureView("v", icefield.load_table(sys.argv[1]), ["driver"])
        entities = frame(50_000)
        wanted = answer(entities, view)
        stop = threading.Event()
        wrong = []

        def work():
            while not stop.is_set():
                if answer(entities, view) != wanted:
                    wrong.append(1)

        threads = [threading.Thread(target=work) for _ in range(3)]
        for thread in threads:
            thread.start()
        try:
            codes = [exit_code(forked(lambda: answer(entities, view) == wanted)) for _ in range(15)]
        finally:
            stop.set()
            for thread in threads:
                thread.join()
        print(codes == [0] * 15 or codes, not wrong)
    """
    process = start(script, location)
    output, complaint = process.communicate(timeout=10 * SECONDS)
    assert (output, process.returncode) == ("True True\n", 0), complaint
