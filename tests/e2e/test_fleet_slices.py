"""A fleet in slices, as the Automation Platform runs them: real `ansible-runner transmit | worker | process`, each worker on a node of its own."""

import json
import os
import re
import shutil
import socket

import pytest
import yaml
from execution_nodes import apart, nodes  # noqa: F401
from fleet_fixtures import failing, host, inventory, run, start, stock, verdicts, vin  # noqa: F401
from jumpstarter_fixtures import until
from test_documents import blocks, commands, missing

VEHICLES = 8
HOLD = 'Wait until the bench is free'
VERIFY = [
    {'name': HOLD, 'ansible.builtin.debug': {'msg': 'It is free.'}, 'until': 'bench is exists', 'retries': 600, 'delay': 1,
     'when': 'bench is defined'},
    {'name': 'Look at the screen', 'ansible.builtin.assert': {'that': 'screen is not defined', 'fail_msg': 'The screen is dark.'}}]


@pytest.fixture
def sums(start_sums_sim):
    """The update of one vehicle fails."""
    return start_sums_sim(*failing(2))


@pytest.fixture
def of_hosts(tmp_path):
    """What differs from vehicle to vehicle: one fails its verification, one waits in it until a file is there, and one can't be begun."""
    verify = tmp_path / 'verify.yml'
    verify.write_text(json.dumps(VERIFY))
    return {host(5): {'ota_verify_tasks': str(verify), 'screen': 'dark'},
            host(6): {'ota_verify_tasks': str(verify), 'bench': str(tmp_path / 'free')},
            host(8): {'source_event_id': 'EVT-999999'}}


@pytest.fixture
def winter(ansible, collections, sums, inventory, of_hosts):  # noqa: F811
    """Writes the folder that the page about fleets has `ansible-runner` send; returns the variables of the campaign."""
    folder = ansible.folder / 'winter'
    for name in ('project', 'inventory', 'env'):
        (folder / name).mkdir(parents=True)
    shutil.copytree(collections, folder / 'project/collections', symlinks=True)
    (folder / 'project/ota_fleet.yml').write_text('- import_playbook: hatci.automation.ota_fleet\n')
    shutil.copy(inventory(VEHICLES, of_hosts), folder / 'inventory/fleet.yml')
    (folder / 'env/envvars').write_text(json.dumps({'HATCI_BASE_URL': sums.url, 'HATCI_TOKEN': sums.TOKEN}))
    shown, = [block for block in blocks('fleets', 'yaml') if 'hatci_campaign_id' in block]
    variables = yaml.safe_load(shown.replace('/srv', str(ansible.folder / 'srv'))) | {
        'hatci_waves': [1, '100%'], 'hatci_poll_interval_seconds': 1, 'hatci_not_found_grace': 0}
    (folder / 'env/extravars').write_text(json.dumps(variables))
    return variables


@pytest.fixture
def typed(ansible, nodes):  # noqa: F811
    """Starts a command of the page about fleets on the machine that all slices are sent from."""
    env = {'PATH': f'{ansible.folder}/nodes/bin:{ansible.env["PATH"]}', 'PYTHONUNBUFFERED': '1'}

    def start(command):
        return ansible.start('bash', '-c', command.replace('/srv', f'{ansible.folder}/srv'), env=env)
    return start


def shown_commands(word):
    return [(command, shown) for block in blocks('fleets') for command, shown in commands(block) if word in command]


def normal(folder, server):
    """The vehicles of a report, by host, without what differs from run to run: ids, times and the server's address."""
    report = json.loads((folder / 'report.json').read_text())
    for vehicle in report['vehicles']:
        # Of the others, those are seen that a poll happens upon.
        vehicle['states'] = [state['state'] for state in vehicle.get('states', [])][-1:]
        for name in 'started', 'finished', 'seconds':
            vehicle.pop(name, None)
    text = re.sub(r'\b(EVT|DEP|TEV)-\d+', r'\1', json.dumps({vehicle['host']: vehicle for vehicle in report['vehicles']}))
    return report['counts'], json.loads(text.replace(server.url, 'SUMS'))


def test_four_slices_at_once_one_of_them_killed_give_the_report_of_one_run(
        winter, typed, nodes, ansible, sums, run, start_sums_sim, of_hosts, tmp_path):  # noqa: F811
    there = nodes('node1', 'node2', 'node3', 'node4')
    slices = [typed(command) for command, _ in shown_commands('transmit')]
    assert len(slices) == 4

    # The middle of the third: one vehicle has its verdict, and the other one's update is being verified.
    assert any('RETRYING' in line and HOLD in line and host(6) in line for line in slices[2].stdout), slices[2].stderr.read()
    assert verdicts(sums)[vin(5)] == 'FAIL' and verdicts(sums)[vin(6)] is None
    there['node3'].kill_job()
    until(lambda: verdicts(sums)[vin(6)] == 'FAIL', 'the end of its record')
    for job in slices:
        ansible.finish(job)
    (merge, shown), = shown_commands('merge_reports')
    assert ' 2 without a verdict. all/report.html' in ansible.finish(typed(merge)).stdout

    # Its node is gone, with all that was kept there. The slice goes on on another one.
    there['node3'].stop()
    (tmp_path / 'free').touch()
    again, _ = shown_commands('transmit')[2]
    ended = ansible.finish(typed(again.replace('node3', 'node4')))
    merged = ansible.finish(typed(merge)).ok()
    assert missing(shown, merged.stdout.splitlines()) is None, (merged, ended)

    one = start_sums_sim(*failing(2))
    run(one, VEHICLES, of_hosts=of_hosts, **winter | {'hatci_resume_file': str(tmp_path / 'one.yml'), 'hatci_report_dir': str(tmp_path / 'one')})
    assert normal(ansible.folder / 'all', sums) == normal(tmp_path / 'one', one)
    # Nor was anything made twice.
    assert stock(sums) == stock(one) and verdicts(sums) == verdicts(one)
    assert {test['vin'] for test in sums.state()['test_events']} == {vin(number) for number in range(1, VEHICLES)}


def test_nothing_is_reached_from_a_node_but_sums(nodes, sums, apart):  # noqa: F811
    if apart:
        pytest.skip(f'the slices of these tests share one network, because this machine gives them none of their own: {apart}')
    there = nodes('node1', 'node2')
    networks = {node.run('readlink', '/proc/self/ns/net') for node in there.values()}
    assert len(networks | {os.readlink('/proc/self/ns/net')}) == 3
    with socket.create_server(('127.0.0.1', 0)) as other:
        for url, answer in (f'{sums.url}/api/v1/health', 'HTTP Error 401'), ('http://127.0.0.1:%d' % other.getsockname()[1], 'Connection refused'):
            asked = "import sys, urllib.request as r; print(r.urlopen(sys.argv[1]).status)"
            assert answer in there['node1'].run('sh', '-c', f'python3 -c "{asked}" {url} 2>&1 || true')
