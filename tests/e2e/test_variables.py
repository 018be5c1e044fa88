"""Every variable of every role, as a survey gives it: blank, which counts as not given, and its value as text."""

import json

import pytest
import yaml
from ansible_run import play
from conftest import ROOT
from jumpstarter_fixtures import lease
from servers import VIN

# These are parts of playbooks, which alone can give them their variables, or need a repository with a package; test_fleet.py, test_bench.py
# and the tests of environments try that.
OTHERS = ('bench', 'environment', 'hatci_environment', 'kubernetes', 'ota_fleet', 'platform')
ROLES = sorted(path.name for path in (ROOT / 'roles').iterdir() if path.name not in OTHERS)
ECUS = [{'ecu_name': 'Gateway', 'part_number': 'GW-1', 'sw_version': '1.10'}]

# What each role is run with beside the variable that is tried.
GIVEN = {
    'hatci_vin': VIN, 'hatci_tester_name': 'kim', 'hatci_program_name': 'p', 'hatci_model_year': '2026', 'hatci_region': 'US',
    'hatci_source_build_level': '1', 'hatci_target_build_level': '2', 'hatci_source_ecus': ECUS, 'hatci_target_ecus': ECUS,
    'hatci_test_status': 'PASS', 'hatci_test_summary': 'well', 'jumpstarter_exporter_name': 'bench', 'current_lease_name': 'mine',
    'ara_event_payload': [{'name': 'an event'}],
}
# Values of the right type, for the variables that have one. Those of the rest are texts anyway.
VALUES = {
    'hatci_source_ecus': ECUS, 'hatci_target_ecus': ECUS, 'hatci_model_year': 2026, 'hatci_verify_tls': False, 'hatci_timeout': 20,
    'hatci_retries': 2, 'hatci_deadline': 100, 'hatci_not_found_grace': 20, 'hatci_poll_timeout_seconds': 600,
    'hatci_poll_interval_seconds': 1, 'hatci_success_states': ['COMPLETE', 'DONE'], 'hatci_failure_states': ['FAILED', 'GONE'],
    'hatci_artifact_urls': ['https://a.example/1', 'https://b.example/2'], 'jumpstarter_exporter_cleanup': False,
    'jumpstarter_replace_registration': True, 'jumpstarter_lease_wait_timeout': 600, 'jumpstarter_release_strict': True,
    'ara_event_payload': [{'name': 'an event'}], 'ara_event': {'name': 'an event'}, 'ara_enabled': True, 'ara_verify_ssl': False,
    'ara_run_labels': ['one', 'two'], 'ara_default_metadata': {'key': 'value'}, 'ara_fail_on_error': False, 'ara_retries': 1,
    'ara_timeout': 5,
}


def specs():
    """Each role's entry points: (role, entry point, options)."""
    for role in ROLES:
        text = (ROOT / 'roles' / role / 'meta/argument_specs.yml').read_text()
        for entry, spec in yaml.safe_load(text)['argument_specs'].items():
            yield role, entry, spec.get('options', {})


ENTRIES = list(specs())
REQUIRED = {(role, entry): [name for name, option in options.items() if option.get('required')] for role, entry, options in ENTRIES}


def test_there_is_a_value_for_every_variable_that_is_no_text():
    typed = {name for _, _, options in ENTRIES for name, option in options.items() if option.get('type') in ('raw', 'list')}
    # Secrets are texts; their type is raw so that vaulted ones are taken.
    assert typed - set(VALUES) - {'hatci_token', 'ara_api_token', 'ara_api_password'} == set()


@pytest.fixture
def run_role(lab, sums, controller, ara):
    """Runs an entry point of a role as `attempts` say, one after the other; each is the variables beside GIVEN."""
    folder = lab.folder / 'exporters'
    env = {'HATCI_BASE_URL': sums.url, 'HATCI_TOKEN': sums.TOKEN, 'ARA_API_SERVER': ara.url}
    home = controller.folder / 'lab/home/.config/jumpstarter'
    (home / 'clients').mkdir(parents=True)
    (home / 'clients/ci.yaml').symlink_to(controller.client())
    (home / 'config.yaml').write_text(json.dumps({
        'apiVersion': 'jumpstarter.dev/v1alpha1', 'kind': 'UserConfig', 'config': {'current-client': 'ci'}}))

    def run(role, entry, attempts, **how):
        given = GIVEN | {'jumpstarter_exporters_dir': str(folder)}
        if role == 'hatci_report_results':
            test = {'vin': VIN, 'event_id': 'pending', 'ansible_job_id': '1', 'git_sha': 'x', 'suite_name': 's'}
            given |= {'hatci_test_event_id': sums.post('/api/v1/test_events', test)['test_event_id']}
        if role == 'hatci_wait_for_update':
            given |= {'hatci_deployment_id': sums.make_deployment()}
        if role == 'ara_handlers':
            given |= {'ara_enabled': True}
        tasks = [lease('hold', {'exporter': 'bench', 'lease_name': 'mine'})] if entry == 'verify' else []
        for at, variables in enumerate(attempts):
            include = {'name': f'attempt {at}', 'vars': given | variables,
                       'ansible.builtin.include_role': {'name': f'hatci.automation.{role}'} | ({'tasks_from': entry} if entry != 'main' else {})}
            release = {'ansible.builtin.include_role': {'name': 'hatci.automation.jumpstarter_lease_guard', 'tasks_from': 'always'}}
            tasks.append({
                'block': [include], 'rescue': [{'name': f'rescue {at}', 'ansible.builtin.debug': {'var': 'ansible_failed_result.msg'}}],
                'always': [release] if (role, entry) == ('jumpstarter_lease_guard', 'main') else []})
        return lab.playbook([play(tasks, roles=['hatci.automation.ara_handlers'] if role == 'ara_handlers' else [])], env=env, **how)

    return run


@pytest.mark.parametrize('role, entry, options', ENTRIES, ids=lambda it: it if isinstance(it, str) else '')
def test_blank_variables_count_as_not_given_and_text_counts_as_what_it_says(run_role, sums, role, entry, options):
    """Whatever a role needs to be tried at all keeps its value; each other is blank, once alone and once together with all others."""
    needed = {'hatci_wait_for_update': ['hatci_deployment_id'], 'ara_handlers': ['ara_enabled', 'ara_event_payload'],
              'jumpstarter_lease_guard': ['jumpstarter_exporter_name']}.get(role, [])
    optional = [name for name in options if name not in REQUIRED[role, entry] + needed]
    if entry == 'always':
        optional += ['current_lease_name']
    blank = dict.fromkeys(optional, ' ')
    text = {name: value if isinstance(value, str) else json.dumps(value) for name, value in VALUES.items() if name in options}
    run = run_role(role, entry, [blank, text, {name: VALUES[name] for name in text}]).ok()
    assert run.failed == [], run


@pytest.mark.parametrize('role, entry', [key for key, names in REQUIRED.items() if names])
def test_a_required_variable_that_is_blank_is_named(run_role, sums, role, entry):
    names = REQUIRED[role, entry]
    before = sums.writes()
    run = run_role(role, entry, [{name: '' if at % 2 else ' '} for at, name in enumerate(names)])
    refused = [run[f'rescue {at}']['ansible_failed_result.msg'] for at in range(len(names))]
    for name, msg in zip(names, refused):
        words = {'hatci_report_results_test_event_id': 'test_event_id', 'current_lease_name': 'lease_name'}
        assert words.get(name, name.removeprefix('hatci_').removeprefix('source_').removeprefix('target_').removeprefix('test_')) in msg.lower(), (name, msg)
