"""The Automation Platform as code: what aap_setup makes is what was meant, a second run changes nothing, and the jobs that the platform would
start from it run as they stand.

The API is a stand-in (tests/awx_api.py). awx.awx, which writes to it, awxkit, which reads it back, ansible-runner, which runs the jobs, and
the code by which AWX injects credentials into them are the real ones."""

import json
import re
import subprocess
import sys
import zipfile

import pytest
import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_run import Ansible
from conftest import ROOT
from fleet_fixtures import host, inventory, reported, verdicts, vin  # noqa: F401
from servers import Server, SumsSim
from test_documents import SERVER, blocks, missing, normal, typed_in

ansible_runner = pytest.importorskip('ansible_runner', reason='what the Automation Platform runs is not installed here')
awxkit = pytest.importorskip('awxkit', reason='what reads the API of AWX is not installed here')
credentials = pytest.importorskip('awx_plugins.interfaces._temporary_private_inject_api', reason='what AWX injects credentials with is not here')
from awx_plugins.interfaces._temporary_private_api import ManagedCredentialType  # noqa: E402
from awx_plugins.interfaces._temporary_private_credential_api import Credential  # noqa: E402

AWX_AWX = 'ansible==12.3.0'  # the package that holds awx.awx 24.6.1
SECRETS = {'sums': SumsSim.TOKEN, 'client': 'client-secret-77', 'ara': 'ara-secret-78'}


class AwxApi(Server):
    """The stand-in."""

    TOKEN = 'awx-token-12'

    def all(self, kind, **filters):
        query = '&'.join(f'{name}={value}' for name, value in filters.items())
        return self.get(f'/api/v2/{kind}/?{query}')['results']

    def one(self, kind, name):
        found, = [row for row in self.all(kind) if name in (row.get('name'), row.get('identifier'))]
        return found


@pytest.fixture(scope='module')
def awx_collection():
    """A collections path with awx.awx, taken out of the wheel that holds it."""
    folder = ROOT / 'target/awx-collection'
    if not (folder / 'ansible_collections/awx/awx/MANIFEST.json').exists():
        folder.mkdir(parents=True, exist_ok=True)
        subprocess.run([sys.executable, '-m', 'pip', 'download', '--quiet', '--no-deps', '--dest', folder, AWX_AWX], check=True)
        wheel, = folder.glob('ansible-*.whl')
        with zipfile.ZipFile(wheel) as packed:
            packed.extractall(folder, [name for name in packed.namelist() if name.startswith('ansible_collections/awx/')])
        wheel.unlink()
    return folder


@pytest.fixture(scope='module')
def api(tmp_path_factory):
    folder = tmp_path_factory.mktemp('awx')
    with AwxApi([sys.executable, ROOT / 'tests/awx_api.py', '--project', ROOT], folder / 'log') as server:
        yield server


@pytest.fixture(scope='module')
def set_up(api, awx_collection, collections, tmp_path_factory):
    """Runs aap_setup; it has been run once."""
    folder = tmp_path_factory.mktemp('setup')
    ansible = Ansible(f'{collections}:{awx_collection}', folder)
    given = {
        'aap_collection': 'awx.awx', 'aap_project_url': 'https://git.example.com/ota.git', 'aap_report_root': str(folder / 'reports'),
        'aap_execution_environment_image': 'registry.example.com/ota/ee:1', 'aap_slices': 2,
        'aap_sums': {'base_url': 'https://sums.example.com', 'token': SECRETS['sums']},
        'aap_jumpstarter': {'client': f'token: {SECRETS["client"]}'},
        'aap_ara': {'server': 'https://ara.example.com', 'token': SECRETS['ara']},
    }

    def run(*args):
        return ansible.playbook('hatci.automation.aap_setup', *args, variables=given, env={
            'CONTROLLER_HOST': api.url, 'CONTROLLER_OAUTH_TOKEN': api.TOKEN, 'ANSIBLE_PIPELINING': 'true', 'CONTROLLER_REQUEST_TIMEOUT': '120'}).ok()

    run.first, run.reports = run(), folder / 'reports'
    return run


def test_a_second_run_changes_nothing_and_no_run_shows_a_secret(set_up, api):
    before = api.get('/writes')
    again = set_up('--diff', '-vv')
    assert again.changed == [] and api.get('/writes') == before
    for run in (set_up.first, again):
        assert not [secret for secret in (*SECRETS.values(), api.TOKEN) if secret in run.stdout + run.stderr]


def test_what_the_page_shows_is_what_the_playbook_prints_and_takes(set_up):
    (export, _), (command, shown) = typed_in('aap')
    assert 'CONTROLLER_OAUTH_TOKEN' in export and 'hatci.automation.aap_setup' in command
    printed = [normal(line, SERVER, '/home/jane') for line in set_up.first.stdout.splitlines()]
    line = missing([normal(line, SERVER, '/home/jane') for line in shown], printed)
    assert line is None, f'{line!r} is not printed\n{set_up.first.stdout}'
    example, = blocks('aap', 'yaml')
    setup, = yaml.safe_load((ROOT / 'playbooks/aap_setup.yml').read_text().replace('!unsafe', ''))
    own = {'aap_survey', 'aap_roles', 'aap_spec_files', 'aap_specs', 'aap_given', 'aap_credentials'}
    told = set(re.findall(r'`(aap_\w+)`', (ROOT / 'collection/docs/aap.md').read_text())) - {'aap_setup'}
    given = {'aap_project_url', 'aap_report_root', 'aap_sums', 'aap_jumpstarter', 'aap_ara', 'aap_project_credential'}
    assert told == setup['vars'].keys() - own - {'ansible_become'} | given and yaml.safe_load(example).keys() <= told


def test_awxkit_reads_back_what_was_made(set_up, api):
    connection = awxkit.api.client.Connection(api.url)
    connection.login(token=api.TOKEN)
    v2 = awxkit.api.ApiV2(connection).get()
    workflow = v2.workflow_job_templates.get(name='OTA campaign').results[0]
    nodes = {node.id: node for node in v2.workflow_job_template_nodes.get(workflow_job_template=workflow.id).results}
    name = {id_: node.identifier for id_, node in nodes.items()}
    ways = {(name[id_], way, name[other.id]) for id_, node in nodes.items() for way in ('success', 'failure', 'always')
            for other in node.related[f'{way}_nodes'].get().results}
    assert ways == {('preflight', 'success', 'canary'), ('canary', 'success', 'approval'), ('approval', 'success', 'fleet'),
                    ('canary', 'failure', 'report'), ('approval', 'failure', 'report'), ('fleet', 'always', 'report')}
    by_name = {node.identifier: node for node in nodes.values()}
    assert (by_name['preflight'].job_type, by_name['canary'].limit) == ('check', 'canary')
    assert (by_name['fleet'].limit, by_name['fleet'].job_slice_count) == ('all:!canary', 2)
    assert by_name['approval'].related.unified_job_template.get().type == 'workflow_approval_template'
    for template in v2.job_templates.get().results:
        held = [one.name for one in template.related['credentials'].get().results]
        assert sorted(held) == ['ARA', 'HATCI SUMS', 'Jumpstarter'], template.name
    assert not [secret for secret in SECRETS.values() if secret in json.dumps([one.json for one in v2.credentials.get().results])]


@pytest.mark.parametrize('template,roles', [
    ('OTA test of one vehicle', ['hatci_environment', 'hatci_request_update', 'hatci_wait_for_update', 'jumpstarter_lease_guard']),
    ('OTA test of a fleet', ['hatci_environment', 'ota_fleet'])])
def test_the_answers_to_a_survey_are_what_the_roles_take(set_up, api, template, roles):
    questions = api.get(api.one('job_templates', template)['related']['survey_spec'])['spec']
    asked = {one['variable']: one for one in questions}
    sample = {'integer': 7, 'multiplechoice': 'true', 'textarea': '[{"ecu_name": "Gateway"}]'}
    answers = {name: sample.get(one['type'], '1HGBH41JXMN109186') for name, one in asked.items()}
    known = set()
    for role in roles:
        options = yaml.safe_load((ROOT / f'roles/{role}/meta/argument_specs.yml').read_text())['argument_specs']['main']['options']
        known |= options.keys()
        spec = {name: {key: option[key] for key in ('type', 'elements', 'choices') if key in option}
                for name, option in options.items() if name in answers}
        checked = ArgumentSpecValidator(spec).validate({name: answers[name] for name in spec})
        assert spec and checked.error_messages == []
        if role == 'hatci_request_update':
            needed = {name for name, option in options.items() if option.get('required')}
            assert needed <= {name for name, one in asked.items() if one['required']}
    assert asked.keys() - known <= {'ota_campaign', 'hatci_waves', 'ota_lease'}
    assert not [name for name in asked if 'token' in name or 'password' in name]


class Platform:
    """Starts jobs as AWX does: from a template, a step of a workflow, and the answers to the survey."""

    def __init__(self, api, collections, folder):
        self.api, self.collections, self.folder, self.jobs = api, collections, folder, 4700

    def job(self, template, inventory, answers, sums, step=None):
        """(how it ended, all that it printed) of a job from this template."""
        self.jobs += 1
        row, private = self.api.one('job_templates', template), self.folder / str(self.jobs)
        (private / 'env').mkdir(parents=True)
        env, args = {
            'PATH': f'{sys.prefix}/bin:/usr/bin:/bin', 'HOME': str(self.folder), 'ANSIBLE_COLLECTIONS_PATH': str(self.collections),
            'ANSIBLE_LOCALHOST_WARNING': 'false', 'AWX_HOST': 'https://aap.example.com', 'JOB_ID': str(self.jobs)}, []
        sums_type = self.api.one('credential_types', 'HATCI SUMS')
        of_awx = ManagedCredentialType('sums', 'cloud', 'HATCI SUMS', sums_type['inputs'], sums_type['injectors'])
        credentials.inject_credential(of_awx, Credential({'base_url': sums.url, 'token': sums.TOKEN}), env, {}, args, str(private))
        # In a container the folder has another name.
        args = [word.replace('/runner/', f'{private}/') for word in args]
        variables = {**json.loads(row['extra_vars']), **answers, 'awx_job_id': self.jobs, 'awx_user_name': 'jane',
                     'awx_job_template_name': template, 'tower_job_id': self.jobs, 'awx_workflow_job_id': 4699}
        flags = ['--check'] if step and step['job_type'] == 'check' else []
        ended = ansible_runner.run(
            private_data_dir=str(private), project_dir=str(ROOT), playbook=row['playbook'], inventory=str(inventory), extravars=variables,
            envvars=env, limit=step and step['limit'], cmdline=' '.join([*args, *flags]), quiet=True)
        return ended.rc, ended.stdout.read() + json.dumps(variables)


@pytest.fixture
def platform(set_up, api, collections, tmp_path):
    return Platform(api, collections, tmp_path)


def test_the_jobs_of_the_workflow_run_as_they_stand(set_up, api, platform, inventory, start_sums_sim):
    sums = start_sums_sim()
    fleet = json.loads(inventory(5).read_text())
    fleet['canary'] = {'hosts': {host(1): {}}}
    slices = []
    for number in (1, 2):  # the platform gives each slice every other host
        kept = {name: value for at, (name, value) in enumerate(fleet['fleet']['hosts'].items()) if at % 2 == number - 1}
        slices.append(platform.folder / f'slice{number}.json')
        slices[-1].write_text(json.dumps({'fleet': {**fleet['fleet'], 'hosts': kept}, 'canary': {'hosts': {host(1): {}} if number == 1 else {}}}))
    whole = platform.folder / 'whole.json'
    whole.write_text(json.dumps(fleet))
    step = {node['identifier']: node for node in api.all('workflow_job_template_nodes')}
    answers = {'ota_campaign': 'Winter update 1', 'ota_lease': 'false', 'hatci_poll_interval_seconds': 1, 'hatci_waves': ''}
    template = 'OTA test of a fleet'

    preflight = platform.job(template, whole, answers, sums, step['preflight'])
    assert preflight[0] == 0 and sums.writes() == [], preflight[1]
    canary = platform.job(template, whole, answers, sums, step['canary'])
    assert canary[0] == 0 and verdicts(sums) == {vin(1): 'PASS'}, canary[1]
    sliced = [platform.job(template, one, answers, sums, step['fleet']) for one in slices]
    assert [rc for rc, _ in sliced] == [0, 0] and verdicts(sums) == {vin(number): 'PASS' for number in range(1, 6)}, sliced
    merged = platform.job('OTA report of a campaign', whole, {'ota_campaign': 'Winter update 1'}, sums, step['report'])
    assert merged[0] == 0, merged[1]
    campaign = set_up.reports / 'Winter_update_1'
    assert reported(campaign) == {host(number): 'PASS' for number in range(1, 6)}

    # Who started which job is in the records, and in the reports.
    test = next(test for test in sums.state()['test_events'] if test['vin'] == vin(1))
    assert test['ansible_job_id'] == '4702'
    assert test['metadata'].items() >= {'awx_job_id': '4702', 'awx_workflow_job_id': '4699', 'awx_user_name': 'jane',
                                        'awx_job_template_name': template,
                                        'job_url': 'https://aap.example.com/#/jobs/playbook/4702'}.items()
    report = json.loads((campaign / '4702/report.json').read_text())
    assert (report['run'], report['job_url']) == ('job 4702, started by jane', test['metadata']['job_url'])
    for rc, printed in (preflight, canary, *sliced, merged):
        assert sums.TOKEN not in printed


def test_a_job_for_one_vehicle_runs_with_the_answers_to_its_survey(set_up, api, platform, inventory, sums):
    asked = {one['variable'] for one in api.get(api.one('job_templates', 'OTA test of one vehicle')['related']['survey_spec'])['spec']}
    variables = json.loads(inventory(1).read_text())['fleet']['vars']
    answers = dict.fromkeys(asked, '') | {name: str(value) for name, value in variables.items()}
    answers |= {'hatci_vin': vin(1), 'ota_lease': 'false', 'hatci_source_ecus': json.dumps(variables['hatci_source_ecus'])}
    assert answers.keys() == asked
    rc, printed = platform.job('OTA test of one vehicle', inventory(1), answers | {'hatci_poll_interval_seconds': 1}, sums)
    assert rc == 0 and verdicts(sums) == {vin(1): 'PASS'}, printed
    test, = sums.state()['test_events']
    assert test['metadata'].items() >= {'awx_job_id': '4701', 'awx_user_name': 'jane'}.items()
    assert reported(set_up.reports / 'job-4701/4701') == {'localhost': 'PASS'}
