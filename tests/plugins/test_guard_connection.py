"""What the plugins believe and show of the guard, which may not be the one that a module of this job has started."""
import importlib.util
import json
import os
import socket
from pathlib import Path

import pytest

GUARD = Path(__file__).resolve().parents[2] / 'collection/plugins/plugin_utils/guard.py'


@pytest.fixture
def guard():
    spec = importlib.util.spec_from_file_location('guard_under_test', GUARD)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.atexit.unregister(module.wait_for_guard)
    return module


@pytest.fixture
def listening(guard, tmp_path):
    """A socket where the job's memory says that the guard's is."""
    path = str(tmp_path / 'guard.socket')
    os.write(guard.MEMORY, json.dumps(path).encode() + b'\n')
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(path)
        server.listen()
        yield server


def test_a_guard_of_the_same_user_is_believed(guard, listening):
    with guard.connection() as link:
        guard.send(link, 'hello')
    assert listening.accept()[0].makefile().readline() == '"hello"\n'


def test_nothing_is_told_to_a_socket_of_another_user(guard, listening, monkeypatch):
    mine = os.geteuid()
    monkeypatch.setattr(guard.os, 'geteuid', lambda: mine + 1)
    with pytest.raises(PermissionError, match='belongs to user %d' % mine), guard.connection():
        pass
    guard.note('host', 'step')
    for _each in range(2):
        assert listening.accept()[0].makefile().read() == ''


def test_what_the_guard_says_neither_steers_a_terminal_nor_forges_a_line(guard, monkeypatch):
    shown = []
    monkeypatch.setattr(guard.display, 'display', lambda text, **_how: shown.append(text))
    guard._say('a\x1b[2Jb\nhatci.automation: c\r\u202ed\u2028e\u200f\x9bf \u00fc\U0001f600')
    guard._say('x' * 100000)
    assert shown[0] == 'hatci.automation: a [2Jb hatci.automation: c  d e  f \u00fc\U0001f600'
    assert len(shown[1]) < 5000
