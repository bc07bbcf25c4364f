"""The port, and the note that says who has it."""

import os
import socket
from pathlib import Path

import pytest

from web.commands.listening import address, open_socket
from web.commands.output import CommandError
from web.commands.running import read_note, remove_note, write_note


def test_a_port_in_use_gives_the_next_free_one() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = int(other.getsockname()[1])
        with open_socket("127.0.0.1", taken) as mine:
            assert mine.getsockname()[1] > taken
            assert address(mine) == f"http://127.0.0.1:{mine.getsockname()[1]}"


def test_listening_everywhere_is_reached_on_loopback() -> None:
    with open_socket("0.0.0.0", 18500) as mine:
        assert address(mine).startswith("http://127.0.0.1:")


def test_an_address_that_is_not_ours_is_bad_usage() -> None:
    with pytest.raises(CommandError) as refused:
        open_socket("203.0.113.1", 18500)
    assert refused.value.code == 2
    assert "FLOWENGINE_HOST" in str(refused.value)


def test_the_note_is_of_a_living_process_only(tmp_path: Path) -> None:
    assert read_note(tmp_path) is None
    write_note(tmp_path, "http://127.0.0.1:8000")
    note = read_note(tmp_path)
    assert note is not None
    assert (note.pid, note.address, note.stage) == (os.getpid(), "http://127.0.0.1:8000", "opening")
    write_note(tmp_path, "http://127.0.0.1:8000", "stopping")
    stopping = read_note(tmp_path)
    assert stopping is not None
    assert stopping.stage == "stopping"
    (tmp_path / "running.json").write_text('{"pid": 4194305, "address": "x"}')
    assert read_note(tmp_path) is None
    (tmp_path / "running.json").write_text("{")
    assert read_note(tmp_path) is None
    remove_note(tmp_path)
    remove_note(tmp_path)
    assert list(tmp_path.iterdir()) == []
