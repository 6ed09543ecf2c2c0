"""Progress of reads: what a callback is told, what a terminal shows, and what goes wrong in it."""

from __future__ import annotations

import io
import os
import pty
import re
import signal
import subprocess
import sys
import textwrap
import threading
import time
from dataclasses import replace
from pathlib import Path

import polars as pl
import pyarrow as pa
import pytest

import icefield
from icefield import FeatureView, Progress, ReadOptions
from icefield.errors import InvalidArgumentError, ResourceExhaustedError
from icefield.progress import TerminalLine, reporter_of
from tests.python.long_reads import ALWAYS, PACKAGE, frame, write_table

ROWS = 200_000
BATCH = 2


@pytest.fixture(scope="module")
def location(lake):
    return write_table(lake, ROWS)


@pytest.fixture(scope="module")
def table(location):
    return icefield.load_table(location)


@pytest.fixture(scope="module")
def entities():
    return frame(50_000)


class Told:
    """A callback that keeps what it was told, when, and by which thread."""

    def __init__(self):
        self.states: list[Progress] = []
        self.times: list[float] = []
        self.threads: set[int] = set()

    def __call__(self, progress):
        self.states.append(progress)
        self.times.append(time.monotonic())
        self.threads.add(threading.get_ident())

    def stages(self):
        """The stages in the order in which they were first told."""
        return list(dict.fromkeys(state.stage for state in self.states))


def slow(told, **more):
    """Reads that take long enough to be told of: a batch for each few rows."""
    return ReadOptions(batch_size=BATCH, progress=told, **more)


def less_slow(options):
    """Where batches take longer."""
    return replace(options, batch_size=8 * options.batch_size)


def views(table, *names):
    return [FeatureView(name, table, ["driver"], features=[("trips", name)]) for name in names]


READS = {
    "join": lambda table, entities, options: icefield.point_in_time_join(
        entities, views(table, "a"), options=options
    ),
    "join of two views": lambda table, entities, options: icefield.point_in_time_join(
        entities, views(table, "a", "b"), options=options
    ),
    "join without a frame": lambda table, _, options: icefield.point_in_time_join(
        None, views(table, "a"), options=less_slow(options), **ALWAYS
    ),
    "latest": lambda table, _, options: icefield.latest(views(table, "a")[0], options=options),
    "scan": lambda table, _, options: table.scan(options=less_slow(options)),
}


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("read", READS)
def test_a_callback_follows_a_read_to_its_end(table, entities, read, threads):
    told = Told()
    result = READS[read](table, entities, slow(told, threads=threads)).to_arrow()
    assert result.num_rows > 0
    last = told.states[-1]
    assert (last.stage, last.fraction, last.remaining) == ("done", 1.0, 0.0)
    assert last.done == last.total > 0
    assert [state.stage for state in told.states].count("done") == 1
    assert told.threads == {threading.get_ident()}
    fractions = [state.fraction for state in told.states]
    assert fractions == sorted(fractions)
    assert any(0 < fraction < 1 for fraction in fractions), told.states
    elapsed = [state.elapsed for state in told.states]
    assert elapsed == sorted(elapsed)
    for earlier, later in zip(told.times[:-2], told.times[1:-1], strict=True):
        assert later - earlier > 0.09, "more than ten times a second"


def test_what_was_counted_is_what_was_expected(table, entities):
    """Nothing is counted twice or left out: before the last report, too, all is done."""
    told = Told()
    join = icefield.point_in_time_join(entities, views(table, "a", "b"), options=slow(told))
    reader = join.reader()
    for _ in range(entities.num_rows // BATCH - 1):
        reader.read_next_batch()
    time.sleep(0.11)  # The next report is due, and comes with the last rows.
    reader.read_next_batch()
    counted = told.states[-1]
    assert (counted.stage, counted.done) == ("giving rows", counted.total)
    with pytest.raises(StopIteration):
        reader.read_next_batch()
    planned = sum(view["bytes_planned"] for view in join.report()["views"])
    done = told.states[-1]
    assert planned / 2 < done.total == counted.total


def test_stages_are_said_in_words(table, entities):
    told = Told()
    options = ReadOptions(batch_size=1, threads=1, progress=told)
    both = [FeatureView(name, table, ["driver"]) for name in "ab"]
    icefield.point_in_time_join(entities, both, full_feature_names=True, options=options).to_arrow()
    said = set(told.stages())
    assert {"deciding a", "done"} <= said, "gathering may be done before it is told of"
    assert said <= {
        "deciding a",
        "done",
        "giving rows",
        *(f"{verb} {view}" for verb in ("planning", "gathering") for view in "ab"),
    }, "b decides as a does: nothing is read for it"


def why(table, options):
    view = FeatureView("a", table, ["driver"], features=[("trips", "a")])
    return icefield.why(frame(1), view, options=options)


def test_why_tells_of_the_join_and_of_the_rows_that_it_lists(table):
    told = Told()
    answer = why(table, slow(told))
    assert answer == why(table, ReadOptions())
    last = told.states[-1]
    assert (last.stage, last.fraction, last.remaining) == ("done", 1.0, 0.0)
    assert last.done == last.total > 0
    # Whether the stages of the join last long enough to be told is up to the machine.
    assert {"listing a", "done"} <= set(told.stages())
    fractions = [state.fraction for state in told.states]
    assert fractions == sorted(fractions)
    listing = [state.fraction for state in told.states if state.stage == "listing a"]
    assert any(fraction < 1 for fraction in listing), "the listing was expected from the start"


def test_what_a_callback_raises_comes_out_of_why(table):
    def tell(progress):
        raise LookupError(progress.stage)

    with pytest.raises(LookupError, match=r"planning|deciding|gathering|listing"):
        why(table, slow(tell))


def test_time_that_is_left_goes_by_the_pace(table):
    told = Told()
    table.scan(options=ReadOptions(batch_size=3, threads=1, progress=told)).to_arrow()
    first, *between, last = told.states
    assert first.remaining is None
    for state in between:
        if state.remaining:
            pace = state.elapsed * (1 - state.fraction) / state.fraction
            assert 0 < state.remaining <= pace * 1.001, "time before the first work is no pace"
    assert (last.remaining, last.fraction) == (0, 1)


def test_passes_are_parts_of_the_whole(table, entities):
    told = Told()
    budget = icefield.MemoryBudget(pass_rows=10_000)
    options = ReadOptions(batch_size=1, threads=1, progress=told)
    join = icefield.point_in_time_join(
        entities, views(table, "a"), options=options, memory_budget=budget
    )
    join.to_arrow()
    assert join.report()["passes"] == 5
    first_pass = told.stages().index("giving rows")
    assert told.states[first_pass].fraction < 0.5
    assert (told.states[-1].fraction, told.states[-1].done) == (1, told.states[-1].total)


def test_streams_are_followed_too(table, entities):
    told = Told()
    reader = icefield.point_in_time_join(entities, views(table, "a"), options=slow(told)).reader()
    reader.read_next_batch()
    assert told.states
    assert told.stages()[-1] != "done"
    assert reader.read_all().num_rows == entities.num_rows - BATCH
    assert told.stages()[-1] == "done"


def test_a_stream_without_python_is_followed(table, entities):
    told = Told()
    join = icefield.point_in_time_join(entities, views(table, "a"), options=slow(told))
    assert pl.DataFrame(join).height == entities.num_rows
    assert told.stages()[-1] == "done"


def test_a_reader_that_is_given_up_is_told_nothing_more(table, entities):
    told = Told()
    reader = icefield.point_in_time_join(entities, views(table, "a"), options=slow(told)).reader()
    reader.read_next_batch()
    count = len(told.states)
    del reader
    assert len(told.states) == count


def test_answers_and_reports_are_the_same(table, entities):
    told = Told()
    silent = icefield.point_in_time_join(entities, views(table, "a", "b"))
    watched = icefield.point_in_time_join(
        entities, views(table, "a", "b"), options=ReadOptions(progress=told)
    )
    assert watched.to_arrow() == silent.to_arrow()
    assert watched.report()["views"] == silent.report()["views"]
    assert told.states[-1].stage == "done"


def test_plans_are_not_reported(table, entities):
    told = Told()
    options = ReadOptions(progress=told)
    icefield.point_in_time_join(entities, views(table, "a"), options=options).explain(footers=True)
    table.scan(options=options).plan_files()
    assert told.states == []


# --- callbacks that raise ---


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("read", READS)
def test_what_a_callback_raises_ends_the_read_and_comes_out(table, entities, read, threads):
    calls = []

    def fail(progress):
        calls.append(progress)
        if progress.fraction > 0:
            raise ZeroDivisionError("enough")

    before = threads_of_this_process()
    with pytest.raises(ZeroDivisionError, match="enough") as raised:
        READS[read](table, entities, slow(fail, threads=threads)).to_arrow()
    assert any(entry.name == "fail" for entry in raised.traceback), "where it was raised is lost"
    assert calls[-1].fraction < 1, "it was too late"
    assert threads_of_this_process() == before
    silent = ReadOptions(batch_size=65536)
    assert READS[read](table, entities, silent).to_arrow().num_rows > 0


def threads_of_this_process() -> int:
    return len(list(Path("/proc/self/task").iterdir()))


def test_the_last_call_may_raise_too(table, entities):
    def fail(progress):
        if progress.stage == "done":
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        icefield.latest(views(table, "a")[0], options=ReadOptions(progress=fail)).to_arrow()


def test_callbacks_of_several_threads_raise_their_own(table, entities):
    class OwnError(Exception):
        pass

    outcomes = {}

    def read(number):
        def fail(progress):
            raise OwnError(number)

        try:
            icefield.latest(views(table, "a")[0], options=slow(fail, threads=1)).to_arrow()
        except OwnError as own:
            outcomes[number] = own.args[0]

    workers = [threading.Thread(target=read, args=(number,)) for number in range(6)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert outcomes == {number: number for number in range(6)}


def test_nothing_more_is_said_after_an_error(table, entities):
    told = Told()
    options = ReadOptions(max_bytes=1, progress=told)
    with pytest.raises(ResourceExhaustedError):
        icefield.point_in_time_join(entities, views(table, "a"), options=options).to_arrow()
    assert "done" not in told.stages()


@pytest.mark.parametrize("wrong", [1, "yes", [], object()])
def test_what_is_no_callback_is_refused(table, wrong):
    with pytest.raises(InvalidArgumentError, match="progress is"):
        table.scan(options=ReadOptions(progress=wrong)).to_arrow()


# --- on a terminal ---


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize("progress", [None, False, True])
def test_without_a_terminal_nothing_is_written(table, capfd, progress):
    table.scan(options=ReadOptions(batch_size=16, progress=progress)).to_arrow()
    assert capfd.readouterr() == ("", "")


def test_a_dumb_terminal_is_none(monkeypatch):
    monkeypatch.setattr(sys, "stderr", Terminal())
    monkeypatch.setenv("TERM", "xterm")
    assert isinstance(reporter_of(True), TerminalLine)
    monkeypatch.setenv("TERM", "dumb")
    assert reporter_of(True) is None
    monkeypatch.setattr(sys, "stderr", None)
    monkeypatch.setenv("TERM", "xterm")
    assert reporter_of(True) is None


def test_a_terminal_shows_one_line_that_goes(table, monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "60")
    options = ReadOptions(batch_size=4, threads=1, progress=True)
    icefield.latest(FeatureView("wörter\x1b[31m", table, ["driver"]), options=options).to_arrow()
    # Each is taken away by what follows; what is written in between begins where it does.
    first, *shown, last, end = terminal.getvalue().split("\x1b[K\r")
    assert (first[0], last, end) == ("\r", "\r", "")
    shown = [line.removeprefix("\r") for line in (first, *shown)]
    for line in shown:
        assert len(line) <= 59
        assert re.fullmatch(r"[^\x00-\x1f]* \[#*-*\]  ?\d+%(, \d+.* left)?", line), line
    named = re.compile(r"(planning|deciding|gathering) wörter\?\[31m")
    assert any(named.match(line) for line in shown)


def test_a_terminal_that_is_gone_does_not_matter(table, monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    options = ReadOptions(batch_size=4, threads=1, progress=True)
    reader = table.scan(options=options).to_arrow_batch_reader()
    reader.read_next_batch()
    terminal.close()
    assert reader.read_all().num_rows == ROWS - 4


def on_a_terminal(command, **environment):
    """Runs a command with a terminal as its stderr: its exit code, stdout, and what was shown."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=theirs,
        env={**os.environ, "TERM": "xterm", "PYTHONPATH": PACKAGE, **environment},
    )
    os.close(theirs)
    shown = []

    def read():
        try:
            while piece := os.read(ours, 4096):
                shown.append(piece)
        except OSError:  # The other end is gone.
            pass

    reader = threading.Thread(target=read)
    reader.start()
    out, _ = process.communicate(timeout=120)
    reader.join()
    os.close(ours)
    return process.returncode, out.decode(), b"".join(shown).decode()


def test_an_interrupt_takes_the_line_away(location):
    script = """
        import signal, sys, threading, icefield
        table = icefield.load_table(sys.argv[1])
        scan = table.scan(options=icefield.ReadOptions(batch_size=1, threads=1, progress=True))
        threading.Timer(0.5, signal.raise_signal, [signal.SIGINT]).start()
        scan.to_arrow()
    """
    command = [sys.executable, "-c", textwrap.dedent(script), location]
    code, _, shown = on_a_terminal(command)
    assert code == -signal.SIGINT
    line, gone, message = shown.split("\x1b[K\r")[-3:]
    assert "reading" in line
    assert gone == "\r"
    assert message.startswith("Traceback")
    assert message.endswith("KeyboardInterrupt\r\n")


# --- the command ---


PROGRAM = str(Path(icefield.__file__).with_name("icefield-native"))


@pytest.fixture(scope="module")
def many_views(location, tmp_path_factory):
    """A join of the command that takes a while: views that do not decide alike."""
    folder = tmp_path_factory.mktemp("command")
    views_file = folder / "views.yaml"
    lines = ["views:"]
    for number in range(25):
        lines += [
            f"  - name: v{number}",
            f"    table: {location}",
            "    join_keys: [driver]",
            "    timestamp_field: event_timestamp",
            f"    ttl: {number + 1}d",
            f"    features: [{{name: n{number}}}]",
        ]
    views_file.write_text("\n".join(lines))
    frame_file = folder / "frame.arrow"
    with pa.OSFile(str(frame_file), "wb") as sink, pa.ipc.new_file(sink, frame(1).schema) as out:
        out.write_table(frame(100_000))
    return ["features", "get", "--views", str(views_file), "--frame", str(frame_file)]


def test_the_command_shows_progress_on_a_terminal(many_views):
    code, out, shown = on_a_terminal([PROGRAM, *many_views, "--output", "json"])
    assert code == 0
    assert out.count("\n") == 100_000
    line, gone, report = shown.split("\x1b[K\r")[-3:]
    assert gone == "\r"
    assert re.search(r"\[#*-*\] +\d+%", line)
    assert "\r" not in report.replace("\r\n", "\n")
    assert "v24" in report


@pytest.mark.parametrize("more", [["--no-progress"], ["--explain"]])
def test_the_command_may_be_silent(many_views, more):
    _, out, shown = on_a_terminal([PROGRAM, *many_views, "--output", "json", *more])
    assert out
    assert "%" not in shown.split("\n")[0]
    assert "\x1b" not in shown


def test_the_command_shows_nothing_elsewhere(many_views):
    done = subprocess.run([PROGRAM, *many_views, "-o", "json"], capture_output=True, check=True)
    assert done.stderr == b""
