"""What records and reports get from the job of the Automation Platform, by its variables."""

import importlib.util
from pathlib import Path

import pytest

FILE = Path(__file__).parents[2] / 'collection/plugins/plugin_utils/platform_job.py'
SPEC = importlib.util.spec_from_file_location('platform_job', FILE)
platform_job = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(platform_job)
JOB = {'tower_job_id': 4711, 'tower_user_name': 'jane', 'awx_user_name': '', 'awx_workflow_job_id': 4710}
TOLD = {'awx_job_id': '4711', 'awx_user_name': 'jane', 'awx_workflow_job_id': '4710', 'job_url': 'https://aap/#/jobs/playbook/4711'}


def options(module, given, variables=None):
    return platform_job.options(module, given, JOB if variables is None else variables, lambda value: value)


@pytest.fixture(autouse=True)
def aap(monkeypatch):
    monkeypatch.setenv('AWX_HOST', 'https://aap/')


@pytest.mark.parametrize('module', ['hatci_test_event', 'hatci_fleet_plan'])
def test_the_records_say_which_job_made_them_by_either_prefix(module):
    assert options(module, {}) == {'metadata': TOLD}


def test_what_the_user_says_takes_precedence():
    given = '{"awx_user_name": "kim", "lab": "north"}'  # as a survey has it
    assert options('hatci_test_event', {'metadata': given})['metadata'] == {**TOLD, 'awx_user_name': 'kim', 'lab': 'north'}
    assert options('hatci_report', {'run': 'winter'}) == {'job_url': TOLD['job_url']}
    own = {**JOB, 'hatci_report_job_url': 'https://other/4711'}
    assert options('hatci_test_event', {}, own)['metadata']['job_url'] == 'https://other/4711'


def test_a_report_says_the_job_who_started_it_and_where_it_can_be_seen():
    assert options('hatci_report', {}) == {'run': 'job 4711, started by jane', 'job_url': TOLD['job_url']}


@pytest.mark.parametrize('metadata', ['[broken', '- a list', ['a list']])
def test_metadata_that_is_none_is_left_to_the_module_to_refuse(metadata):
    assert options('hatci_test_event', {'metadata': metadata}) == {}


def test_nothing_is_said_outside_of_the_platform_nor_to_other_modules():
    assert options('hatci_test_event', {}, {}) == {}
    assert options('hatci_deploy_event', {}) == {}
