"""Campaigns of so many vehicles: their inventory, how they are started, and what is left of them."""

import json

import pytest
from test_first_afternoon import table

PLAYBOOK = 'hatci.automation.ota_fleet'
REASON = "Gateway {{ lookup('pipe', 'id') }} refused"


def vin(number):
    return f'TESTVEHC0{number:08}'


def host(number):
    return f'car{number:03}'


def ecus(version):
    return [{'ecu_name': 'Gateway', 'part_number': 'GW-1', 'sw_version': version}]


@pytest.fixture
def inventory(tmp_path):
    """Writes an inventory of so many vehicles, the group `fleet`."""
    def write(vehicles, of_hosts=()):
        same = {
            'hatci_tester_name': 'Jane', 'hatci_program_name': 'OTA', 'hatci_model_year': 2026, 'hatci_region': 'US',
            'hatci_source_build_level': '2026.01', 'hatci_source_ecus': ecus('1.0'),
            'hatci_target_build_level': '2026.02', 'hatci_target_ecus': json.dumps(ecus('2.0')),
        }
        hosts = {host(number): {'hatci_vin': vin(number)} for number in range(1, vehicles + 1)}
        for name, variables in dict(of_hosts).items():
            hosts[name].update(variables)
        path = tmp_path / f'fleet-{vehicles}.json'
        path.write_text(json.dumps({'fleet': {'hosts': hosts, 'vars': same}}))
        return path
    return write


@pytest.fixture
def start(ansible, inventory):
    """Starts a campaign on so many vehicles, without benches unless they are asked for."""
    def start(server, vehicles, *args, on=ansible, env=None, of_hosts=(), **variables):
        given = {'ota_hosts': 'fleet', 'ota_lease': False, 'hatci_poll_interval_seconds': 1,
                 'hatci_resume_file': str(on.folder / 'resume.yml')} | server.variables | variables
        return on.start_playbook(PLAYBOOK, '-i', inventory(vehicles, of_hosts), *args, variables=given, env=env)
    return start


@pytest.fixture
def run(ansible, start):
    """The same, to its end."""
    def run(*args, on=ansible, **variables):
        return on.finish(start(*args, on=on, **variables))
    return run


def verdicts(sums):
    """The verdict of each test event, by VIN."""
    return {test['vin']: test.get('status') for test in sums.state()['test_events']}


def stock(sums):
    state = sums.state()
    return tuple(len(state[kind]) for kind in ('test_events', 'events', 'deployments'))


def reported(folder):
    """The verdict of each vehicle in the report, by host."""
    report = json.loads((folder / 'report.json').read_text())
    assert len({vehicle['host'] for vehicle in report['vehicles']}) == report['counts']['total']
    return {vehicle['host']: vehicle['status'] for vehicle in report['vehicles']}


def failing(number, reason=REASON):
    return '--scenario', f'{vin(number)}=fail:{reason}'


def shown(ended):
    return ' '.join(' '.join(table(ended)).split())
