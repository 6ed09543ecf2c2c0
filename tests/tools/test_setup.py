"""tools/setup.sh on machines that lack something: one sentence, and no half-made environment."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
COMMANDS = (
    *("bash", "cat", "dirname", "env", "flock", "grep", "head", "mkdir", "printf", "rm", "sed"),
    *("sha256sum", "stat", "tail", "xargs"),
)


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """A checkout, and a PATH of its own in `bin` with little on it."""
    shutil.copytree(ROOT / "tools", tmp_path / "tools")
    shutil.copytree(ROOT / "requirements", tmp_path / "requirements")
    (tmp_path / "bin").mkdir()
    for command in COMMANDS:
        found = shutil.which(command)
        if found:
            (tmp_path / "bin" / command).symlink_to(found)
    return tmp_path


def install(machine: Path, name: str, script: str) -> None:
    file = machine / "bin" / name
    file.write_text(f"#!/bin/bash\n{script}\n")
    file.chmod(0o755)


def set_up(machine: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(machine / "bin/bash"), str(machine / "tools/setup.sh")],
        env={"PATH": str(machine / "bin"), "HOME": str(machine)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def debian_without_packages(machine: Path, user: int) -> None:
    install(machine, "dpkg-query", "exit 1")
    install(machine, "apt-get", 'echo "apt-get $*"; exit 100')
    install(machine, "id", f'[ "$1" = -u ] && echo {user} || echo somebody')


def only_sentence(done: subprocess.CompletedProcess[str], machine: Path) -> str:
    assert done.returncode == 1
    assert done.stdout == ""
    assert not (machine / ".venv").exists()
    (line,) = done.stderr.splitlines()
    return line


def test_no_apt_get(machine: Path) -> None:
    install(machine, "id", "echo 0")
    assert "finds no apt-get" in only_sentence(set_up(machine), machine)


def test_neither_root_nor_sudo(machine: Path) -> None:
    debian_without_packages(machine, user=1000)
    line = only_sentence(set_up(machine), machine)
    assert "neither root nor sudo" in line
    assert "apt-get install ca-certificates ccache cmake g++ git" in line


def test_sudo_that_wants_a_password(machine: Path) -> None:
    debian_without_packages(machine, user=1000)
    install(machine, "sudo", "exit 1")
    assert "sudo wants a password" in only_sentence(set_up(machine), machine)


def test_a_failing_installation_shows_its_output_and_where_it_lies(machine: Path) -> None:
    debian_without_packages(machine, user=0)
    done = set_up(machine)
    assert done.returncode != 0
    assert "failed" in done.stdout
    assert "apt-get -q -y" in done.stdout
    assert "build/logs/setup-packages.log" in done.stdout
    assert not (machine / ".venv").exists()


def test_root_is_asked_for_only_what_is_missing(machine: Path) -> None:
    debian_without_packages(machine, user=0)
    install(machine, "dpkg-query", '[ "${!#}" = cmake ] || echo installed')
    assert "Debian packages (1 to install)" in set_up(machine).stdout
    log = (machine / "build/logs/setup-packages.log").read_text()
    assert "install cmake\n" in log
