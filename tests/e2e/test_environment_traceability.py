"""OTA tests with what an environment's package says: its vehicles and variables are used, and every record names package, version and digest."""

import json
import re

import pytest
import yaml
from ansible_run import play, task
from conftest import ROOT
from environment_repository import PACKAGE, PROVISIONER, SECRET, lay_out
from fleet_fixtures import ecus, vin
from servers import VIN

SINGLE, FLEET = 'hatci.automation.ota_single_vehicle', 'hatci.automation.ota_fleet'
COMMAND = 'ansible-playbook hatci.automation.environment -e env=development'
TOKEN_IN_PACKAGE = 'planted-in-sums-8472'
SHARED = {
    'hatci_tester_name': 'Jane of the package', 'hatci_program_name': 'OTA', 'hatci_model_year': '2026', 'hatci_region': 'US',
    'hatci_source_build_level': '2026.01', 'hatci_source_ecus': ecus('1.0'), 'hatci_target_build_level': '2026.02',
    'hatci_target_ecus': ecus('2.0'), 'hatci_suite_name': "{{ 'winter' }}",
}
VEHICLES = {'fleet': {'hosts': {
    'car001': {'hatci_vin': vin(1), 'hatci_region': 'KR'}, 'car002': {'hatci_vin': vin(2)}, 'single': {'hatci_vin': VIN}},
    'vars': {'hatci_program_name': 'Program of the fleet'}}}
TEMPLATE = '''\
apiVersion: jumpstarter.dev/v1alpha1
kind: ExporterConfig
metadata: {namespace: of-the-package, name: "{{ jumpstarter_exporter_name }}"}
export: {}
'''
FILES = {'vehicles': 'vehicles.yml', 'sums': 'sums.yml', 'exporterTemplates': 'exporters'}


class Repository:
    """A repository whose package holds what an OTA test needs, in the folder in which commands run."""

    def __init__(self, lab):
        self.lab, self.folder = lab, lab.folder / 'config/packages/core'
        lay_out(lab.folder)
        self.write('vehicles.yml', yaml.safe_dump(VEHICLES))
        self.write('sums.yml', yaml.safe_dump(SHARED))
        (self.folder / 'exporters').mkdir()
        self.write('exporters/exporter.yaml.j2', TEMPLATE)
        self.generate('v0.2.0')

    def write(self, name, text):
        (self.folder / name).write_text(text)

    def generate(self, version):
        package = json.loads(json.dumps(PACKAGE)) | {'version': version}
        package['environments'][0]['files'].update(FILES)
        self.write('package.json', json.dumps(package))
        self.lab.run('bash', '-c', COMMAND).ok()
        self.named = {'environment': 'development', 'package': 'core', 'version': version, 'digest': self.metadata['digest']}

    @property
    def metadata(self):
        return json.loads((self.lab.folder / 'api/outputs/development/metadata.json').read_text())


@pytest.fixture
def repository(lab):
    return Repository(lab)


@pytest.fixture
def test(lab, repository):
    """Runs one of the playbooks with the environment, without benches unless they are asked for."""
    def run(playbook, server, *args, **variables):
        given = {'hatci_environment': 'development', 'ota_lease': False, 'hatci_poll_interval_seconds': 1,
                 'hatci_report_dir': str(lab.folder / 'report'), 'hatci_resume_file': str(lab.folder / 'resume.yml')}
        return lab.playbook(playbook, *args, variables=given | server.variables | variables)
    return run


def named(record):
    return {key: record.get(key) for key in ('environment', 'package', 'version', 'digest')}


def check_report(folder, package, vehicles):
    """Every form of the report names the package."""
    report = json.loads((folder / 'report/report.json').read_text())
    assert [vehicle['environment'] for vehicle in report['vehicles']] == [package] * vehicles
    for form in ('report.html', 'junit.xml', 'report.md'):
        text = (folder / 'report' / form).read_text()
        assert 'core v0.2.0' in text and 'development' in text and package['digest'] in text, form


def labels(ara):
    return {label['name'] for label in ara.only('playbooks')['labels']}


def words(package):
    return {f'{key}:{value}' for key, value in package.items()}


def test_one_vehicle_of_the_package_is_tested_on_its_bench_and_every_record_names_the_package(test, repository, sums, controller, ara, lab):
    repository.write('sums.yml', yaml.safe_dump(SHARED | {'hatci_token': TOKEN_IN_PACKAGE}))
    repository.generate('v0.2.0')
    run = test(SINGLE, sums, '-vvvv', ota_hosts='single', ota_lease=True, jumpstarter_exporter_name='bench',
               jumpstarter_client_config=controller.client(), jumpstarter_exporters_dir=str(lab.folder / 'exporters'), **ara.variables).ok()
    record, = sums.state()['test_events']
    assert record['status'] == 'PASS' and named(record['metadata']) == repository.named
    assert {event['tester_name'] for event in sums.state()['events']} == {SHARED['hatci_tester_name']}
    assert 'of-the-package' in (lab.folder / 'exporters/bench.yaml').read_text()
    lease, = controller.leases.values()
    assert lease['exporter'] == 'bench' and controller.active == []
    check_report(lab.folder, repository.named, 1)
    assert words(repository.named) | {'suite:winter', f'vin:{VIN}'} <= labels(ara)
    reports = ''.join(path.read_text() for path in (lab.folder / 'report').iterdir())
    shown = run.stdout + run.stderr + reports + json.dumps([run.tasks, sums.state(), ara.all('results'), ara.all('playbooks')])
    for secret in (SECRET, TOKEN_IN_PACKAGE):
        assert secret not in shown


def test_in_a_playbook_of_ones_own_the_role_does_the_same(repository, sums, lab):
    example = yaml.safe_load(re.search(r'```yaml\n(.*?)```', (ROOT / 'roles/hatci_environment/README.md').read_text(), re.S)[1])
    record = {'vin': VIN, 'event_id': 'pending', 'ansible_job_id': '1', 'git_sha': 'x', 'suite_name': '{{ hatci_suite_name }}'}
    run = lab.playbook([play([*example, task('record', 'hatci_test_event', record)], sums)]).ok()
    test_event = run['record']['test_event']
    assert (test_event['metadata'], test_event['suite_name']) == (repository.named, 'winter')


def test_a_fleet_of_the_package_is_tested_and_every_record_names_the_package(test, repository, sums, ara, lab):
    run = test(FLEET, sums, '-vvvv', **ara.variables).ok()
    records = sums.state()['test_events']
    assert {record['vin'] for record in records} == {vin(1), vin(2), VIN}
    assert [named(record['metadata']) for record in records] == [repository.named] * 3
    regions = {event['vin']: (event['region'], event['program_name']) for event in sums.state()['events']}
    assert regions == {vin(1): ('KR', 'Program of the fleet'), vin(2): ('US', 'Program of the fleet'), VIN: ('US', 'Program of the fleet')}
    check_report(lab.folder, repository.named, 3)
    assert words(repository.named) | {'suite:winter'} <= labels(ara)
    assert SECRET not in run.stdout + run.stderr + json.dumps(run.tasks)


@pytest.mark.parametrize('playbook', [SINGLE, FLEET])
@pytest.mark.parametrize('damage', ['stale', 'damaged', 'missing'])
def test_outputs_that_are_not_those_of_the_package_stop_the_run_before_anything_is_leased_or_made(
        test, repository, sums, controller, lab, playbook, damage):
    outputs = lab.folder / 'api/outputs/development'
    if damage == 'stale':
        repository.write('sums.yml', yaml.safe_dump(SHARED | {'hatci_region': 'EU'}))
    elif damage == 'damaged':
        (outputs / 'vehicles.yml').write_text('{}')
    else:
        (outputs / 'metadata.json').unlink()
    (lab.folder / 'report').mkdir()
    run = test(playbook, sums, ota_hosts='car001', ota_lease=True, jumpstarter_exporter_name='bench', jumpstarter_client_config=controller.client())
    assert run.rc != 0
    assert COMMAND in run.failed[-1]['result']['msg'], run
    assert (sums.writes(), controller.leases) == ([], {})
    report = json.loads((lab.folder / 'report/report.json').read_text())
    assert report['verdict'] == 'not_tested' and COMMAND in report['vehicles'][0]['summary']


@pytest.mark.parametrize('playbook', [SINGLE, FLEET])
def test_with_a_limit_stale_outputs_stop_the_run_all_the_same(test, repository, sums, lab, playbook):
    inventory = lab.folder / 'api/outputs/development/vehicles.yml'
    repository.write('sums.yml', yaml.safe_dump(SHARED | {'hatci_region': 'EU'}))
    run = test(playbook, sums, '-i', str(inventory), '--limit', 'car001', ota_hosts='fleet')
    assert run.rc != 0 and COMMAND in run.stdout, run
    assert sums.writes() == []


@pytest.mark.parametrize('playbook', [SINGLE, FLEET])
def test_what_the_user_gives_wins_over_the_package(test, repository, sums, lab, playbook):
    """On the command line, for a group and for a host."""
    inventory = lab.folder / 'inventory.json'
    inventory.write_text(json.dumps({'fleet': {
        'hosts': {'car001': {'hatci_target_build_level': 'of the host'}}, 'vars': {'hatci_region': 'of the group', 'hatci_tester_name': ''}}}))
    test(playbook, sums, '-i', str(inventory), ota_hosts='fleet', hatci_program_name='of the command line').ok()
    events = sums.state()['events']
    # The group is the user's: it gets no other vehicle of the package.
    assert {event['vin'] for event in events} == {vin(1)}
    found = {key: {event[key] for event in events} for key in ('region', 'program_name', 'tester_name')}
    assert found == {'region': {'of the group'}, 'program_name': {'of the command line'}, 'tester_name': {SHARED['hatci_tester_name']}}
    assert {event['build_level'] for event in events} == {'2026.01', 'of the host'}


def test_a_fleet_that_is_treated_host_by_host_has_the_variables_of_the_package_on_each(test, repository, sums, controller, lab):
    vehicles = {'fleet': {'hosts': {'car001': {'hatci_vin': vin(1), 'jumpstarter_exporter_name': 'bench'},
                                    'car002': {'hatci_vin': vin(2), 'jumpstarter_exporter_name': 'bench-2'}}}}
    repository.write('vehicles.yml', yaml.safe_dump(vehicles))
    repository.generate('v0.2.1')
    test(FLEET, sums, ota_lease=True, jumpstarter_client_config=controller.client(), jumpstarter_exporters_dir=str(lab.folder / 'exporters')).ok()
    assert {lease['exporter'] for lease in controller.leases.values()} == {'bench', 'bench-2'}
    assert controller.active == []
    assert {path.name for path in (lab.folder / 'exporters').glob('*.yaml')} == {'bench.yaml', 'bench-2.yaml'}


def test_a_campaign_does_not_go_on_with_another_version(test, repository, sums, lab):
    lab.playbook(FLEET, variables={
        'hatci_environment': 'development', 'ota_lease': False, 'hatci_resume_file': str(lab.folder / 'resume.yml'),
        'hatci_poll_interval_seconds': 1, 'hatci_poll_timeout_seconds': 5, 'hatci_base_url': 'http://127.0.0.1:9', 'hatci_retries': 0,
        'hatci_token': 'x'})
    test(FLEET, sums, hatci_waves=[1], hatci_max_failures=0, ota_hosts='car001').ok()
    before = len(sums.writes())
    repository.generate('v0.3.0')
    run = test(FLEET, sums, '-e', f'@{lab.folder / "resume.yml"}')
    assert run.rc != 0
    assert 'was started with core v0.2.0' in run.stdout and 'would be resumed with core v0.3.0' in run.stdout, run
    assert len(sums.writes()) == before


def test_what_the_user_adds_to_a_record_can_not_name_another_package(test, repository, sums):
    for playbook, hosts in ((SINGLE, 'single'), (FLEET, 'fleet')):
        run = test(playbook, sums, ota_hosts=hosts, hatci_test_metadata={'version': '7', 'lab': 'north'})
        assert run.rc != 0 and 'hatci_test_metadata has version: 7' in run.stdout, run
        assert sums.writes() == []


@pytest.mark.parametrize('first, told', [
    ('', 'belongs to the environment staging, but the fleet is tested with no environment'),
    ('development', 'belongs to the environment staging, but the fleet is tested with core v0.2.0')])
def test_a_fleet_of_two_environments_is_refused(repository, sums, lab, first, told):
    inventory = lab.folder / 'inventory.json'
    hosts = {'car001': {'hatci_environment': first, 'hatci_vin': vin(1)}, 'car002': {'hatci_environment': 'staging', 'hatci_vin': vin(2)}}
    inventory.write_text(json.dumps({'fleet': {'hosts': hosts}}))
    run = lab.playbook(FLEET, '-i', str(inventory), variables={'ota_lease': False} | sums.variables)
    assert run.rc != 0 and f'car002 {told}' in run.stdout, run
    assert sums.writes() == []


def test_a_variable_of_the_package_may_be_encrypted(test, repository, sums, lab, monkeypatch):
    password = lab.folder / 'password'
    password.write_text('open sesame')
    lab.env['ANSIBLE_VAULT_PASSWORD_FILE'] = str(password)
    secret = lab.run('ansible-vault', 'encrypt_string', '--name', 'hatci_token', sums.TOKEN).ok().stdout
    repository.write('sums.yml', yaml.safe_dump(SHARED) + secret)
    repository.generate('v0.2.1')
    for playbook, hosts in ((SINGLE, 'single'), (FLEET, 'fleet')):
        monkeypatch.setattr(type(sums), 'variables', {'hatci_base_url': sums.url})
        run = test(playbook, sums, '-vvvv', ota_hosts=hosts).ok()
        assert sums.TOKEN not in run.stdout + run.stderr


@pytest.mark.parametrize('name, text, told', [
    ('sums.yml', f'{{hatci_token: "{TOKEN_IN_PACKAGE}', 'sums.yml is not a dict of variables in YAML'),
    ('sums.yml', f'- {TOKEN_IN_PACKAGE}', 'sums.yml is not a dict of variables in YAML'),
    ('sums.yml', f'ansible_python_interpreter: {TOKEN_IN_PACKAGE}', 'sums.yml sets ansible_python_interpreter'),
    ('vehicles.yml', f'{{fleet: {{hosts: "{TOKEN_IN_PACKAGE}', 'vehicles.yml is not an inventory in YAML'),
    ('vehicles.yml', f'fleet: {{hosts: {{car001: {{ansible_connection: {TOKEN_IN_PACKAGE}}}}}}}', 'sets ansible_connection for car001'),
    ('vehicles.yml', f'fleet: {{hosts: {{car001: {{hatci_vin: "{{{{ {TOKEN_IN_PACKAGE} }}}}"}}}}}}', 'has a template as hatci_vin of car001'),
])
def test_what_a_package_can_not_say_is_refused_without_showing_it(test, repository, sums, name, text, told):
    repository.write(name, text)
    repository.generate('v0.2.0')
    run = test(FLEET, sums, '-vvvv')
    assert run.rc != 0 and told in run.stdout, run
    assert TOKEN_IN_PACKAGE not in run.stdout + run.stderr
    assert sums.writes() == []


def test_outputs_and_seeds_are_uploaded_with_their_package_and_the_record_says_where(ansible, s3):
    remote = PROVISIONER | {'artifacts': {'local': {'directory': 'build'}, 'remote': {'enabled': True, 'bucket': 'elsewhere', 'prefix': 'seeds/'}}}
    repository = Repository(ansible)
    repository.write('provisioner.json', json.dumps(remote))
    ansible.env |= {'S3_ACCESS_KEY': s3['access_key'], 'S3_SECRET_KEY': s3['secret_key'], 'S3_ENDPOINT': s3['url']}
    ansible.run('ansible', 'localhost', '-m', 'hatci.automation.s3_artifact_store', '-a', 'private_bucket=environments').ok()
    given = {'env': 'development', 'environment_bucket': 'environments', 's3_endpoint': s3['url'],
             'environment_seeds': [{'role': 'k8s-master', 'hosts': ['k8s-1']}]}
    run = ansible.playbook('hatci.automation.environment', '-vvvv', variables=given).ok()
    assert SECRET not in run.stdout + run.stderr
    named = {key: repository.metadata[key] for key in ('environment', 'digest')} | {'package': 'core', 'version': 'v0.2.0'}
    listed = ansible.run('ansible', 'localhost', '-m', 'hatci.automation.s3_artifact_info', '-a', 'bucket=environments').stdout
    objects = {one['key']: one['metadata'] for one in json.loads(listed.split('=> ', 1)[1])['artifacts']}
    below = 'core/development/v0.2.0/'
    outputs = ansible.folder / 'api/outputs/development'
    files = {str(path.relative_to(outputs)) for path in outputs.rglob('*') if path.is_file() and path.parent.name != 'provisioner'}
    assert {'metadata.json', 'terraform.tfvars', 'provisioner.json', 'sums.yml', 'exporterTemplates/exporter.yaml.j2'} <= files
    assert set(objects) == {below + name for name in files} | {'seeds/k8s-master/k8s-1.img'}
    for key, metadata in objects.items():
        assert {name: metadata.get(name) for name in named} == named, key
    assert (objects['seeds/k8s-master/k8s-1.img']['role'], objects['seeds/k8s-master/k8s-1.img']['host']) == ('k8s-master', 'k8s-1')
    record = json.loads((outputs / 'provisioner/k8s-master.json').read_text())
    assert record['images'][0]['objectKey'] == 'seeds/k8s-master/k8s-1.img'
    assert (record['remoteStorage']['bucket'], record['remoteStorage']['uploaded']) == ('environments', True)
    again = ansible.playbook('hatci.automation.environment', variables=given).ok()
    assert again.changed == []
    ansible.playbook('hatci.automation.environment', '--check', variables=given).ok()


