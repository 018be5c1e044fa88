"""The molecule scenario that users copy runs as it stands. Runs where the checkers are installed."""

import os
import shutil
import sys

import pytest
from jumpstarter_fixtures import processes

pytest.importorskip('molecule', reason='molecule is one of the checkers, which are not installed here')


def test_the_scenario_tests_a_playbook_without_a_server(ansible, collections):
    ansible.env['SUMS_SIM'] = os.environ['SUMS_SIM']
    ansible.env['PATH'] = f'{sys.prefix}/bin:{ansible.env["PATH"]}'
    scenario = collections / 'ansible_collections/hatci/automation/extensions/molecule/simulated_vehicle'
    shutil.copytree(scenario, ansible.folder / 'molecule/simulated_vehicle')
    run = ansible.run('molecule', 'test', '--scenario-name', 'simulated_vehicle').ok()
    assert 'Expect one deployment, and one test that passed' in run.stdout
    assert not processes('sums-sim', '--lists')
