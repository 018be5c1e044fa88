"""The examples that need no bench run against a server that is not the simulator."""

import pytest


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
    # The example asks once a minute; this server moves on at each look, so that would take minutes.
    fast = {'hatci_deployment_id': other_sums.make_deployment(), 'hatci_poll_interval_seconds': 1}
    run = run_example('monitor_deployment', other_sums.variables | fast)
    assert run['Show how it ended']['msg'] == ['State: completed', 'Reason: none given']
