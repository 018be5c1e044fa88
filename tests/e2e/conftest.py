"""Fixtures of the end-to-end tests. `cargo xtask test pytest-2.19` builds what they need and runs them."""

import os
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest
from ansible.release import __version__ as core_version
from ansible_run import Ansible
from ara_fixtures import ara, ara_servers, ara_with, https_way, record, way  # noqa: F401
from environment_fixtures import repository  # noqa: F401
from jumpstarter_fixtures import controller, jmp, lab, start_controller  # noqa: F401
from s3_fixtures import s3  # noqa: F401
from servers import OtherSums, ScriptedServer, SumsSim

ROOT = Path(__file__).parents[2]


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
def modules(collections):
    """The names of all modules, by their documentation."""
    folder = collections / 'ansible_collections/hatci/automation/plugins/modules'
    return sorted(path.stem for path in folder.glob('*.py'))


@pytest.fixture
def ansible(collections, tmp_path):
    return Ansible(collections, tmp_path)


@pytest.fixture
def vehicle(collections):
    """The variables file that comes with the examples, as `--extra-vars` takes it."""
    return f'@{collections}/ansible_collections/hatci/automation/playbooks/examples/vehicle.yml'


@pytest.fixture
def start_sums_sim(tmp_path):
    """Starts a simulator with these options; it is stopped after the test."""
    with ExitStack() as servers:
        def start(*options, step='20ms'):
            log = tmp_path / 'sums-sim.log'
            return servers.enter_context(SumsSim(os.environ['SUMS_SIM'], ['--step', step, *options], log))

        yield start


@pytest.fixture
def sums(start_sums_sim):
    """A simulator with nothing out of the ordinary."""
    return start_sums_sim()


@pytest.fixture
def other_sums(tmp_path):
    """Another server that keeps the same contract in another way."""
    with OtherSums([sys.executable, ROOT / 'tests/other_sums.py'], tmp_path / 'other-sums.log') as server:
        yield server


@pytest.fixture
def answering():
    """Starts a server that gives the same answer, a list of bytes, to every request."""
    with ExitStack() as servers:
        yield lambda answer: servers.enter_context(ScriptedServer(answer))
