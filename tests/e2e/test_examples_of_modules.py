"""Every example in a module's documentation runs as it is printed, but for what its reader replaces too: ids and places."""

import json
import re
from pathlib import Path

import pytest
import yaml
from ansible_run import play
from conftest import ROOT
from jumpstarter_fixtures import Exporter, lease, token
from servers import VIN

MODULES = sorted(path.stem for path in (ROOT / 'collection/plugins/modules').glob('*.py'))
VEHICLE = 'vehicle_001'
ECUS = [{'ecu_name': 'Gateway', 'part_number': 'GW-1', 'sw_version': '1.0.0'}]
DESCRIBED = {'tester_name': 'Jane Tester', 'program_name': 'OTA_Test', 'model_year': '2026', 'region': 'US',
             'source': {'build_level': '2026.01.01', 'ecus': ECUS}, 'target': {'build_level': '2026.02.01', 'ecus': ECUS}}


def replaced(example, replacements):
    text = json.dumps(example)
    for old, new in replacements.items():
        text = text.replace(old, new)
    return json.loads(text)


@pytest.fixture
def run_hatci(ansible, start_sums_sim):
    sums = start_sums_sim('--lists', step='1ms')

    def with_ids(example):
        # Each example gets its own: what one did to an event, the next must not find done.
        ids = {'EVT-000001': sums.make_event() if 'hatci_fix_event' in str(example) else sums.make_fixed_event()}
        if 'DEP-000001' in str(example):
            ids['DEP-000001'] = sums.post('/api/v1/deployments', {'event_id': ids['EVT-000001']})['deployment_id']
        if 'DEP-000002' in str(example):
            ids['DEP-000002'] = sums.make_deployment()
        for test_event in {'TEV-000001', 'TEV-000002'} & set(re.findall(r'TEV-\d+', str(example))):
            test = {'vin': VIN, 'event_id': 'pending', 'ansible_job_id': '1', 'git_sha': '4f1c2ab', 'suite_name': 'examples'}
            ids[test_event] = sums.post('/api/v1/test_events', test)['test_event_id']
        return replaced(example, ids | {'/srv/reports': str(ansible.folder / 'reports'), "\"hosts\": \"{{ groups['fleet'] }}\"": '"vehicles": "{{ described }}"'})

    known = {
        'hatci_results': {'car1': {'status': 'PASS', 'summary': 'Updated.'}},
        'ansible_failed_task': {'name': 'Compare the versions'}, 'ansible_failed_result': {'msg': 'ECU 2 is old.'},
        'described': [DESCRIBED | {'host': 'car1', 'vin': VIN}, DESCRIBED | {'host': 'car2', 'vin': '5NPE24AF5FH000002'}],
        'begun': {'deployments': {'car1': sums.make_deployment()}}}
    return lambda examples: ansible.tasks([with_ids(example) for example in examples], sums, variables=known)


@pytest.fixture
def run_ara(ansible, ara_with):
    server = ara_with('basic')
    env = {'ARA_API_SERVER': server.url, 'ARA_API_USERNAME': 'writer', 'ARA_API_PASSWORD': server.TOKEN}
    # Else it would only be warned of what ARA could not be told.
    strict = {'group/hatci.automation.ara': {'fail_on_error': True, 'timeout': 60}}

    def run(examples):
        tasks = replaced(examples, {'https://ara.example.com': server.url})
        return ansible.playbook([play(tasks, module_defaults=strict, vars={'vault_ara_password': server.TOKEN})], env=env)

    return run


@pytest.fixture
def run_jumpstarter(lab, start_controller, jmp):
    """On a machine whose user has a client, and a vehicle that is an exporter of the controller and one of this machine."""
    secret = token(VEHICLE)
    controller = start_controller(
        '--exporter', f'{VEHICLE}:exporter={VEHICLE},board=ev9,region=eu', '--exporter-token', f'{VEHICLE}={secret}')
    local = {'apiVersion': 'jumpstarter.dev/v1alpha1', 'kind': 'ExporterConfig',
             'metadata': {'namespace': 'default', 'name': VEHICLE},
             'export': Exporter.DRIVERS | {'relay': Exporter.DRIVERS['power']}}
    template = lab.folder / 'vehicle_exporter.yaml.j2'
    template.write_text(json.dumps(local))
    config = Path(lab.env['HOME']) / '.config/jumpstarter'
    for place, file in {f'exporters/{VEHICLE}.yaml': template, 'clients/ci.yaml': controller.client()}.items():
        (config / place).parent.mkdir(parents=True)
        (config / place).symlink_to(file)
    jmp.env['HOME'] = lab.env['HOME']
    jmp.ok('config', 'client', 'use', 'ci')

    acquire = lease('acquire', {'exporter': VEHICLE, 'lease_name': 'leased'})
    shorter = {'"wait": 10': '"wait": 1', ' 10 j serial ': ' 1 j serial ', 'sleep 5': 'sleep 1'}

    def run(examples):
        tasks = replaced(examples, {'/etc/jumpstarter/client.yaml': controller.client()} | shorter)
        before = [acquire] if 'current_lease_name' in str(examples) else []
        return lab.playbook([play([*before, *tasks], vars={'current_lease_name': 'leased'})])

    exporter = Exporter(controller, VEHICLE, secret, jmp)
    yield run
    exporter.stop()


@pytest.mark.parametrize('module', MODULES)
def test_examples(ansible, request, module):
    name = f'hatci.automation.{module}'
    documented = ansible.run('ansible-doc', '--json', name).ok()
    examples = yaml.safe_load(json.loads(documented.stdout)[name]['examples'])
    assert any(name in example for example in examples)
    run = request.getfixturevalue(f'run_{module.partition("_")[0]}')(examples).ok()
    ended = [task['task'] for task in run.tasks if task['status'] == 'ok']
    assert [example['name'] for example in examples if example['name'] not in ended] == []
