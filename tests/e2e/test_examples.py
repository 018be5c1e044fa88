"""Every example runs against a server that is not the simulator."""

import pytest

EVENT = {
    'tester_name': 'a', 'program_name': 'b', 'model_year': '2024', 'vin': '1HGBH41JXMN109186', 'update_type': 'UROM',
    'region': 'US', 'build_level': 'c', 'ecus': [{'ecu_name': 'd', 'part_number': 'e', 'sw_version': 'f'}],
}


@pytest.fixture
def run_example(ansible, vehicle):
    def run(name, variables):
        return ansible.playbook(f'hatci.automation.examples.{name}', '-e', vehicle, variables=variables).ok()
    return run


def test_request_update(run_example, other_sums):
    run = run_example('request_update', other_sums.variables)
    fixed = [path for _, path in other_sums.requests() if path.endswith('/fix')]
    assert len(fixed) == 2
    assert run['Show the events']['msg'][0].startswith('Source event: ')


def test_monitor_deployment(run_example, other_sums):
    event_id = other_sums.post('/api/v1/events', EVENT)['id']
    other_sums.post(f'/api/v1/events/{event_id}/fix', {})
    deployment_id = other_sums.post('/api/v1/deployments', {'event_id': event_id})['id']
    # The example asks once a minute; this server moves on at each look, so the test would take minutes.
    fast = {'hatci_deployment_id': deployment_id, 'hatci_poll_interval_seconds': 1}
    run = run_example('monitor_deployment', other_sums.variables | fast)
    assert run['Show how it ended']['msg'] == ['State: completed', 'Reason: none given']


def test_the_whole_test_without_a_bench(ansible, vehicle, other_sums):
    variables = other_sums.variables | {'ota_lease': False, 'hatci_poll_interval_seconds': 1}
    ansible.playbook('hatci.automation.ota_single_vehicle', '-e', vehicle, variables=variables).ok()
    *_, last = other_sums.bodies('PATCH')
    assert last['status'] == 'PASS'
