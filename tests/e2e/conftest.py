"""Fixtures of the end-to-end tests. `cargo xtask test pytest-2.19` builds what they need and runs them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from ansible.release import __version__ as core_version
from ansible_run import Ansible
from servers import SumsSim


def pytest_report_header():
    return f'ansible-core {core_version}'


@pytest.fixture(scope='session')
def collections(tmp_path_factory):
    """A collections path that holds the archive, installed by ansible-galaxy."""
    path = tmp_path_factory.mktemp('collections')
    home = tmp_path_factory.mktemp('home')
    subprocess.run(
        [f'{sys.prefix}/bin/ansible-galaxy', 'collection', 'install', '--offline', os.environ['COLLECTION_ARCHIVE']],
        check=True, cwd=home, env={'PATH': '/usr/bin:/bin', 'HOME': str(home), 'LC_ALL': 'C.UTF-8',
                                   'ANSIBLE_COLLECTIONS_PATH': str(path)})
    return path


@pytest.fixture
def ansible(collections, tmp_path):
    return Ansible(collections, tmp_path)


@pytest.fixture
def start_sums_sim(tmp_path):
    """Starts a simulator with these options; it is stopped after the test."""
    started = []

    def start(*options):
        log = tmp_path / f'sums-sim-{len(started)}.log'
        started.append(SumsSim(os.environ['SUMS_SIM'], ['--step', '20ms', *options], log))
        return started[-1]

    yield start
    for server in started:
        server.stop()


@pytest.fixture
def sums(start_sums_sim):
    """A simulator with nothing out of the ordinary."""
    return start_sums_sim()
