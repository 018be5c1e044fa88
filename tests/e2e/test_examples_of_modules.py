"""Every example in a module's documentation runs as it is printed, but for what its reader replaces too: ids and places."""

import json
import re
import shutil
import subprocess
from contextlib import ExitStack
from pathlib import Path

import pytest
import yaml
from ansible_run import play
from bench_fixtures import AGENT, CHAP_SECRET, INSTALL, SECRETS, Machine
from conftest import ROOT
from environment_repository import lay_out
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
        if 'exporter_config' in str(examples):
            (config / f'exporters/{VEHICLE}.yaml').unlink()  # one that is there stays as it is
        tasks = replaced(examples, {'/etc/jumpstarter/client.yaml': controller.client()} | shorter)
        before = [acquire] if 'current_lease_name' in str(examples) else []
        return lab.playbook([play([*before, *tasks], vars={'current_lease_name': 'leased'})])

    exporter = Exporter(controller, VEHICLE, secret, jmp)
    yield run
    exporter.stop()


@pytest.fixture
def machine(tmp_path):
    """Starts the stand-in of a bench's machine."""
    with ExitStack() as machines:
        yield lambda name, *options: machines.enter_context(Machine(name, tmp_path / f'{name}.log', *options))


@pytest.fixture
def run_s3(ansible, machine):
    url = machine('s3').url
    iso = ansible.folder / 'agent.iso'
    iso.write_bytes(bytes(100_000))
    known = {'s3_endpoint': url, 's3_access_key': 'AKIDEXAMPLE', 's3_secret_key': SECRETS['s3_secret_key']}
    buckets = {'name': 'buckets', 'hatci.automation.s3_artifact_store': {'private_bucket': 'lab-private', 'public_bucket': 'lab-public'}}
    places = {'https://s3.example.com': url, '/srv/build/agent.x86_64.iso': str(iso)}
    return lambda examples: ansible.tasks([buckets, *replaced(examples, places)], variables=known)


@pytest.fixture
def run_truenas(ansible, machine):
    url = machine('truenas').url
    known = {'truenas_url': url, 'truenas_username': 'bench', 'truenas_api_key': SECRETS['truenas_api_key'],
             'vault_truenas_api_key': SECRETS['truenas_api_key'], 'vault_chap_secret': CHAP_SECRET}
    return lambda examples: ansible.tasks(replaced(examples, {'https://truenas.example.com': url}), variables=known)


@pytest.fixture
def run_idrac(ansible, machine):
    url = machine('idrac').url
    known = {'idrac_url': url, 'idrac_username': 'root', 'idrac_password': 'calvin', 'vault_idrac_password': 'calvin',
             'vault_chap_secret': CHAP_SECRET, 'vault_share_password': 'hush4711'}
    return lambda examples: ansible.tasks(replaced(examples, {'https://idrac-bench1.example.com': url}), variables=known)


@pytest.fixture
def run_openshift(ansible, machine):
    mirror = machine('mirror').url
    for folder in ('bench1', 'templates', 'isos'):
        (ansible.folder / folder).mkdir()
    for name, content in ('install-config.yaml', INSTALL), ('agent-config.yaml', AGENT):
        (ansible.folder / 'bench1' / name).write_text(json.dumps(content))
        (ansible.folder / 'templates' / f'{name}.j2').write_text(yaml.safe_dump(content))
    known = {'openshift_mirror': mirror, 'openshift_cache': str(ansible.folder / 'cache')}
    places = {'https://mirror.lab.example/openshift/clients': mirror, '"ca_path": "/etc/pki/lab.pem", ': '',
              '/srv/isos': str(ansible.folder / 'isos')}
    return lambda examples: ansible.tasks(replaced(examples, places), variables=known)


@pytest.fixture
def run_environment(ansible):
    """In a repository whose last commit is that of its origin."""
    lay_out(ansible.folder)
    git = ['git', '-c', 'user.name=kim', '-c', 'user.email=kim@example.com']
    for words in (['init', '--quiet'], ['add', 'api', 'config'], ['commit', '--quiet', '-m', 'one'],
                  ['update-ref', 'refs/remotes/origin/main', 'HEAD']):
        subprocess.run([*git, *words], cwd=ansible.folder, env=ansible.env, check=True)
    generated = {'name': 'generated', 'hatci.automation.environment_outputs': {'id': 'development'}}
    places = {'/srv/lab': str(ansible.folder), '"{{ groups[\'kube_control_plane\'] }}"': '["master-1"]'}
    return lambda examples: ansible.tasks([generated, *replaced(examples, places)])


@pytest.fixture
def run_terraform(run_environment, ansible):
    if not shutil.which('terraform', path=ansible.env['PATH']):
        pytest.skip('terraform is not installed')
    nodes = ansible.folder / 'infrastructure/platforms/proxmox/terraform/nodes'
    nodes.mkdir(parents=True, exist_ok=True)
    (nodes / 'main.tf').write_text('variable "api_token" { type = string }\nresource "terraform_data" "node" { input = "node-1" }\n')
    return run_environment


@pytest.mark.parametrize('module', MODULES)
def test_examples(ansible, request, module):
    name = f'hatci.automation.{module}'
    documented = ansible.run('ansible-doc', '--json', name).ok()
    examples = yaml.safe_load(json.loads(documented.stdout)[name]['examples'])
    assert any(name in example for example in examples)
    run = request.getfixturevalue(f'run_{module.partition("_")[0]}')(examples).ok()
    ended = [task['task'] for task in run.tasks if task['status'] == 'ok']
    assert [example['name'] for example in examples if example['name'] not in ended] == []
