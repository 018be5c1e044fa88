"""What records, reports and ARA get from the package of an environment, by the fact that says which it is."""

import importlib.util
from pathlib import Path

import pytest

FILE = Path(__file__).parents[2] / 'collection/plugins/plugin_utils/environment_package.py'
SPEC = importlib.util.spec_from_file_location('environment_package', FILE)
environment_package = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(environment_package)
PACKAGE = {'environment': 'development', 'package': 'core', 'version': 'v0.2.0', 'digest': '9b74c9'}


def options(module, given, package=PACKAGE):
    variables = {environment_package.FACT: package}
    return environment_package.options(module, given, variables, lambda value: value)


@pytest.mark.parametrize('module', ['hatci_test_event', 'hatci_fleet_plan'])
def test_the_records_name_the_package_beside_what_the_user_adds(module):
    assert options(module, {'metadata': '{"lab": "north"}'}) == {'metadata': {**PACKAGE, 'lab': 'north'}}
    assert options(module, {'metadata': {'version': 'v0.2.0'}})['metadata'] == PACKAGE


@pytest.mark.parametrize('key', PACKAGE)
def test_what_the_user_adds_can_not_say_otherwise(key):
    with pytest.raises(ValueError, match=f'has {key}: 7'):
        options('hatci_test_event', {'metadata': {key: 7}})


@pytest.mark.parametrize('metadata', [['a'], '[', 7])
def test_metadata_that_is_none_is_left_to_the_module(metadata):
    assert options('hatci_test_event', {'metadata': metadata}) == {}


def test_a_report_names_the_package_of_each_vehicle_that_says_nothing_itself():
    given = {'car1': {'status': 'PASS', 'environment': ''}, 'car2': {'environment': 'winter-tools 4.2'}, 'car3': {}, 'car4': 'wrong'}
    found = options('hatci_report', {'results': given})['results']
    assert [found[host]['environment'] for host in ('car1', 'car2', 'car3')] == [PACKAGE, 'winter-tools 4.2', PACKAGE]
    assert found['car4'] == 'wrong' and given['car3'] == {}
    assert options('hatci_report', {'files': ['a']}) == {}


@pytest.mark.parametrize('package', [{}, None, ''])
def test_without_an_environment_nothing_is_said(package):
    for module in ('hatci_test_event', 'hatci_fleet_plan', 'hatci_report'):
        assert options(module, {'metadata': {'version': '7'}, 'results': {'car1': {}}}, package) == {}
    assert environment_package.options('hatci_test_event', {}, {}, lambda value: value) == {}


def test_a_campaign_that_was_begun_with_another_package_is_told_with_both():
    begun = {**PACKAGE, 'awx_job_id': '7'}
    assert environment_package.changed(begun, PACKAGE) == ''
    assert environment_package.changed({'awx_job_id': '7'}, {}) == ''
    assert 'started with core v0.2.0' in environment_package.changed(begun, {**PACKAGE, 'version': 'v0.3.0'})
    assert 'started with no environment' in environment_package.changed({}, PACKAGE)
    assert 'be resumed with no environment' in environment_package.changed(begun, {})
