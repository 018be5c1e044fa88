"""Modules that look up events, deployments and test events: by id, and by VIN where the server can list."""

import pytest
from ansible_run import task
from servers import EVENT, VIN

OTHER_VIN = '5NPE24AF5FH000002'
TEST_EVENT = {'vin': VIN, 'event_id': 'pending', 'ansible_job_id': '4711', 'git_sha': '4f1c2ab', 'suite_name': 'lookup'}
MODULES = {'hatci_event_info': ('event_id', 'events'), 'hatci_deployment_info': ('deployment_id', 'deployments'),
           'hatci_test_event_info': ('test_event_id', 'test_events')}


def fill(sums):
    """The ids of what is of the vehicle, by module; another vehicle has as much."""
    ids = {}
    for vin in (OTHER_VIN, VIN):
        event_id = sums.post('/api/v1/events', EVENT | {'vin': vin})['event_id']
        sums.post(f'/api/v1/events/{event_id}/fix', {})
        ids = {'hatci_event_info': event_id,
               'hatci_deployment_info': sums.post('/api/v1/deployments', {'event_id': event_id})['deployment_id'],
               'hatci_test_event_info': sums.post('/api/v1/test_events', TEST_EVENT | {'vin': vin})['test_event_id']}
    return ids


def shown(run, module):
    option, results = MODULES[module]
    assert run[module]['changed'] is False
    return [one[option] for one in run[module][results]]


@pytest.mark.parametrize('check_mode', [False, True])
def test_one_is_found_by_its_id(ansible, sums, check_mode):
    ids = fill(sums)
    before = sums.writes()
    run = ansible.tasks([task(module, module, {option: ids[module]}, check_mode=check_mode)
                         for module, (option, _) in MODULES.items()], sums).ok()
    assert {module: shown(run, module) for module in MODULES} == {module: [one] for module, one in ids.items()}
    assert sums.writes() == before


def test_one_that_is_not_there_leaves_the_list_empty(ansible, sums):
    run = ansible.tasks([task(module, module, {option: 'NONE-1'}) for module, (option, _) in MODULES.items()], sums).ok()
    assert [shown(run, module) for module in MODULES] == [[], [], []]
    for module in MODULES:
        assert 'NONE-1' in run[module]['warnings'][0]
        assert 'Check the id, and that the base URL is that of the API.' in run[module]['warnings'][0]
    assert 'either there is none, or this server cannot show test events' in run['hatci_test_event_info']['warnings'][0]


def test_what_a_check_run_would_have_made_is_an_empty_list(ansible, sums):
    run = ansible.tasks([task(module, module, {option: 'pending'}, check_mode=True) for module, (option, _) in MODULES.items()],
                        sums).ok()
    assert [shown(run, module) for module in MODULES] == [[], [], []]


def test_all_of_a_vehicle_are_found_by_its_vin_where_the_server_lists_them(ansible, start_sums_sim):
    sums = start_sums_sim('--lists')
    ids = fill(sums)
    run = ansible.tasks([task(module, module, {'vin': VIN.lower()}) for module in MODULES], sums).ok()
    assert {module: shown(run, module) for module in MODULES} == {module: [one] for module, one in ids.items()}


def test_a_server_that_lists_nothing_is_said_not_to(ansible, sums):
    run = ansible.tasks([task(module, module, {'vin': VIN}, ignore_errors=True) for module in MODULES], sums)
    for module, what in (('hatci_event_info', 'events'), ('hatci_deployment_info', 'deployments'), ('hatci_test_event_info', 'test events')):
        assert run[module]['msg'] == f'This server does not list {what}. Look them up by id instead of by VIN.'
        assert run[module]['error']['kind'] == 'not_found'
