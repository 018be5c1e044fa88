"""The inventory of the vehicles that a SUMS server lists, as ansible-inventory and the playbooks see it."""

import json
import sys
from contextlib import ExitStack

import pytest
from conftest import ROOT
from servers import OtherSums

NAME = 'hatci.automation.hatci'
# Whatever keeps the vehicles from being read ends the run.
STRICT = {'ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED': 'true'}
TEMPLATE = "{{ lookup('pipe', 'id') }}"


def vin(number):
    return f'TESTVEHC0{number:08}'


def car(number, **fields):
    same = {'id': f'V-{number}', 'vin': vin(number), 'model_year': 2025 + number % 2, 'region': 'US' if number % 3 else 'EU',
            'program_name': 'OTA', 'name': f'Car {number}'}
    return {field: value for field, value in {**same, **fields}.items() if value is not None}


@pytest.fixture
def serve(tmp_path):
    """Starts a server that lists these vehicles; None: it lists none."""
    with ExitStack() as servers:
        def start(vehicles, *options):
            path = tmp_path / 'vehicles.json'
            path.write_text(json.dumps(vehicles))
            command = [sys.executable, ROOT / 'tests/other_sums.py', '--vehicles', path, *options]
            return servers.enter_context(OtherSums(command, tmp_path / 'other-sums.log'))

        yield start


@pytest.fixture
def inventory(ansible):
    """Runs ansible-inventory on a file with these options, with the server and the token in the environment."""
    def run(server, *args, env=STRICT, before=(), **options):
        (ansible.folder / 'lab.hatci.yml').write_text(json.dumps({'plugin': NAME, **options}))
        access = {'HATCI_BASE_URL': server.url, 'HATCI_TOKEN': server.TOKEN} if server else {}
        return ansible.run('ansible-inventory', *before, '-i', 'lab.hatci.yml', '--list', *args, env={**access, **env})
    return run


def plain(value):
    """Without the mark by which Ansible says that a text is no template."""
    if isinstance(value, dict):
        return value['__ansible_unsafe'] if '__ansible_unsafe' in value else {key: plain(one) for key, one in value.items()}
    return [plain(one) for one in value] if isinstance(value, list) else value


def hosts(run):
    """The variables of each host."""
    return plain(json.loads(run.ok().stdout))['_meta']['hostvars']


def said(run):
    """Warnings and errors in one line: Ansible wraps them."""
    return ' '.join(run.stderr.split())


def test_the_vehicles_of_all_pages_are_hosts_with_the_variables_of_the_playbooks(inventory, serve):
    server = serve([car(number) for number in range(1, 26)], '--page', '10')
    run = inventory(server)
    assert list(hosts(run)) == [vin(number) for number in range(1, 26)]
    assert plain(json.loads(run.stdout))['fleet']['hosts'] == list(hosts(run))
    assert hosts(run)[vin(3)] == {
        'hatci_vin': vin(3), 'hatci_vehicle_id': 'V-3', 'hatci_model_year': '2026', 'hatci_region': 'EU', 'hatci_program_name': 'OTA',
        'hatci_vehicle': car(3)}
    assert [path for _, path in server.requests()].count('/api/v1/vehicles?page=3') == 1
    assert run.stderr == ''


def test_what_a_server_tells_steers_nothing_and_is_no_template(inventory, serve):
    server = serve([car(1, base_url='http://evil.example', verify_tls=False, region=TEMPLATE, colour=TEMPLATE, name=TEMPLATE)])
    run = inventory(server, hostnames=['name'], compose={'colour': 'hatci_vehicle.colour'}, keyed_groups=[{'key': 'hatci_region'}])
    (name, variables), = hosts(run).items()
    assert name == 'lookup_pipe_id'
    assert variables['colour'] == variables['hatci_region'] == TEMPLATE
    assert not {'hatci_base_url', 'hatci_verify_tls', 'base_url'} & set(variables)
    assert 'uid=' not in run.stdout + run.stderr


def test_groups_and_variables_are_composed_and_vehicles_chosen(inventory, serve):
    server = serve([car(number) for number in range(1, 13)])
    run = inventory(
        server, group='lab', model_year=2026, region=['us', 'KR'], program='OTA', compose={'bench': "'bench-' ~ hatci_vehicle_id"},
        keyed_groups=[{'key': 'hatci_model_year', 'prefix': 'year'}, {'key': 'hatci_region', 'separator': ''}],
        groups={'first': "hatci_vehicle.name in ['Car 1', 'Car 2']"})
    shown = plain(json.loads(run.ok().stdout))
    assert {name: variables['bench'] for name, variables in hosts(run).items()} == {vin(n): f'bench-V-{n}' for n in (1, 5, 7, 11)}
    assert {group: shown[group]['hosts'] for group in ('lab', 'year_2026', 'US', 'first')} == {
        'lab': [vin(1), vin(5), vin(7), vin(11)], 'year_2026': [vin(1), vin(5), vin(7), vin(11)],
        'US': [vin(1), vin(5), vin(7), vin(11)], 'first': [vin(1)]}


def test_a_filter_that_keeps_no_vehicle_says_what_there_is(inventory, serve):
    run = inventory(serve([car(1), car(3), car(4, region='\x1b[2JU')]), region='UK')
    assert hosts(run) == {} and '\x1b' not in run.stderr
    assert 'No vehicle has region UK; the API lists [2JU, EU, US. Check the filter.' in said(run)


@pytest.mark.parametrize('given, sets', [
    ({'regoin': 'US'}, 'regoin (did you mean region?)'), ({'filters': {'region': 'US'}}, 'filters'), ({'vin': vin(1)}, 'vin'),
    ({'modelyear': 2026, 'Region': 'US'}, 'Region (did you mean region?), modelyear (did you mean model_year?)')])
def test_a_misspelt_filter_lets_no_vehicle_pass(inventory, serve, given, sets):
    run = inventory(serve([car(1), car(3)]), **given)
    assert run.rc != 0 and f'The file sets {sets}, which this inventory does not have. Its filters are model_year, region, program;' in said(run)
    run = inventory(serve([car(1), car(3)]), env={}, **given)
    assert vin(1) not in run.stdout and f'The file sets {sets},' in said(run)


def test_every_key_that_the_documentation_names_may_be_set(inventory, serve):
    """Those of the plugin itself, of the fragments that it takes in, and what they are also called."""
    given = {'hatci_base_url': None, 'use_extra_vars': True, 'leading_separator': False, 'cache_timeout': 5, 'hatci_ca_path': None, 'retries': 1}
    server = serve([car(1)])
    assert list(hosts(inventory(server, **{**given, 'hatci_base_url': server.url}))) == [vin(1)]


def test_a_vehicle_is_named_by_the_first_field_that_it_has(inventory, serve):
    server = serve([car(1), car(2, name=None), car(2, name=None), car(3, name=None, vin=None), {'colour': 'red'}])
    run = inventory(server, hostnames=['name', 'vin', 'vehicle_id'])
    assert list(hosts(run)) == ['Car_1', vin(2), 'V-3']
    left_out = '1 of 5 vehicles are left out, because they have none of the fields name, vin, vehicle_id. Add a field that they have to `hostnames`.'
    assert left_out in said(run)
    strict = inventory(server, hostnames=['name', 'vin', 'vehicle_id'], strict=True)
    assert strict.rc != 0 and left_out in said(strict)


def test_a_name_that_two_vehicles_have_is_refused(inventory, serve):
    run = inventory(serve([car(1, name='Car'), car(2, name='Car')]), hostnames=['name'])
    assert run.rc != 0
    assert f'Two vehicles would have the host name Car: {vin(1)} and {vin(2)}. Start `hostnames` with a field that differs, such as vin.' in said(run)


def test_a_name_that_means_something_else_to_ansible_goes_to_no_vehicle(inventory, ansible, serve):
    odd = ['all', 'ungrouped', 'fleet', 'prototypes', 'eu', 'lab_of_others', 'localhost', 'LocalHost', '127.0.0.1', '..', '.', '__.._',
           '-!&@~[]/, :']
    (ansible.folder / 'first.ini').write_text('[lab_of_others]\ndesk\n')
    server = serve([car(n, name=name, region='eu' if n == 1 else 'US') for n, name in enumerate(odd, 1)] + [
        car(20, name='-l'), car(21, vin='..', name=None), car(22, vin=None, id=None, name='all'), car(23, name='desk', vin=None, id=None)])
    options = {'hostnames': ['name', 'vin', 'vehicle_id'],
               'groups': {'prototypes': "hatci_vehicle.name == 'prototypes' and 'fleet' in group_names"},
               'keyed_groups': [{'key': 'hatci_region', 'separator': ''}]}
    run = inventory(server, before=['-i', 'first.ini'], **options)
    names = [vin(n) for n in range(1, len(odd) + 1)] + ['l', 'V-21', 'desk']
    assert set(hosts(run)) == set(names)
    shown = plain(json.loads(run.stdout))
    assert shown['prototypes']['hosts'] == [vin(4)] and shown['eu']['hosts'] == [vin(1)] and set(shown['fleet']['hosts']) == set(names)
    assert said(run).count('is left out') == 1
    assert 'A vehicle without a VIN is left out: the name all means something else to Ansible. Add another field to `hostnames`' in said(run)
    assert inventory(server, **options, strict=True).rc != 0
    run = inventory(server, **{**options, 'hostnames': ['name']})
    assert f'The vehicle {vin(3)} is left out: the name fleet means something else to Ansible.' in said(run)
    run = inventory(serve([car(1, region='localhost')]), **options)
    assert run.rc != 0 and 'A group would be called localhost, which is this machine.' in said(run)


def test_two_vehicles_of_one_name_and_no_vin_are_refused_unless_they_are_one(inventory, serve):
    run = inventory(serve([car(1, name='Car', vin=None), car(2, name='Car', vin=None)]), hostnames=['name'])
    assert run.rc != 0
    assert 'Two vehicles would have the host name Car: one without a VIN and one without a VIN.' in said(run)
    run = inventory(serve([car(1, name='Car', vin=None), car(1, name='Car', vin=None)]), hostnames=['name'])
    assert list(hosts(run)) == ['Car']


def test_what_can_not_be_composed_is_left_out_or_with_strict_an_error(inventory, serve):
    server = serve([car(1), car(2, colour='red')])
    broken = {'compose': {'paint': 'hatci_vehicle.colour'}}
    assert [variables.get('paint') for variables in hosts(inventory(server, **broken)).values()] == [None, 'red']
    run = inventory(server, **broken, strict=True)
    assert run.rc != 0 and f'Could not set paint for host {vin(1)}' in said(run)


def test_the_server_is_not_asked_again_while_the_cache_holds(inventory, ansible, serve):
    server = serve([car(1, colour=TEMPLATE)])
    cache = {'cache': True, 'cache_plugin': 'ansible.builtin.jsonfile', 'cache_connection': str(ansible.folder / 'cache')}
    first = hosts(inventory(server, **cache))
    asked = len(server.requests())
    assert hosts(inventory(server, **cache)) == first and len(server.requests()) == asked
    env = {'HATCI_BASE_URL': server.url, 'HATCI_TOKEN': server.TOKEN}
    listed = ansible.playbook([{'hosts': 'fleet'}], '-i', 'lab.hatci.yml', '--flush-cache', '--list-hosts', env=env).ok()
    assert vin(1) in listed.stdout and len(server.requests()) == 2 * asked
    kept = ''.join(path.read_text() for path in (ansible.folder / 'cache').iterdir())
    assert vin(1) in kept and server.TOKEN not in kept


@pytest.mark.parametrize('vehicles, access, sentence', [
    (None, {}, '{url} returns no list of vehicles: either it has none, or the token may not read it. Ask for permission to read '
               '/api/v1/vehicles, or put the vehicles into an inventory file.'),
    ([], {'HATCI_TOKEN': 'wrong-token-99'}, 'Who are you?'),
    ([], {'HATCI_BASE_URL': 'http://127.0.0.1:1', 'no_proxy': '*'}, 'http://127.0.0.1:1'),
    ([], {'HATCI_BASE_URL': ''}, 'hatci_base_url is not set. Give it in this file'),
    ([], {'HATCI_TOKEN': ''}, 'or set HATCI_TOKEN in the environment.'),
])
def test_what_keeps_the_vehicles_from_being_read_is_a_sentence(inventory, serve, vehicles, access, sentence):
    server = serve(vehicles)
    run = inventory(server, '-vvvv', env=STRICT | access, retries=0)
    assert run.rc != 0
    assert sentence.format(url=server.url) in said(run)
    for token in (server.TOKEN, 'wrong-token-99'):
        assert token not in run.stdout + run.stderr
    assert 'Traceback' not in run.stderr and 'bug in the module' not in run.stderr


@pytest.mark.parametrize('way', ['environment', 'template', 'vault'])
def test_the_token_is_not_shown_wherever_it_comes_from(inventory, ansible, serve, way):
    server = serve([car(1, remark=OtherSums.TOKEN)])
    given, options = ['-vvvv'], {'hatci_base_url': server.url}
    if way == 'template':
        options['hatci_token'] = "{{ lookup('ansible.builtin.env', 'SUMS_TOKEN') }}"
    if way == 'vault':
        (ansible.folder / 'password').write_text('open sesame')
        secret = ansible.run('ansible-vault', 'encrypt_string', '--vault-password-file', 'password', server.TOKEN).ok()
        options['hatci_token'] = {'__ansible_vault': secret.stdout.partition('\n')[2].replace(' ', '').strip() + '\n'}
        given += ['--vault-password-file', 'password']
    variable = {'environment': 'HATCI_TOKEN', 'template': 'SUMS_TOKEN', 'vault': 'NOBODYS_TOKEN'}[way]
    env = {'ANSIBLE_LOG_PATH': str(ansible.folder / 'log'), variable: server.TOKEN}
    run = inventory(None, *given, env=STRICT | env, **options).ok()
    assert vin(1) in run.stdout
    assert server.TOKEN not in run.stdout + run.stderr + (ansible.folder / 'log').read_text()


@pytest.mark.one_core
def test_a_file_of_another_name_is_not_taken(ansible):
    (ansible.folder / 'lab.yml').write_text(f'plugin: {NAME}\n')
    run = ansible.run('ansible-inventory', '-i', 'lab.yml', '--list', env=STRICT)
    assert run.rc != 0 and 'could not be verified' in said(run)


@pytest.mark.parametrize('how', ['--json', '--verbose'])
def test_ansible_doc_shows_the_inventory_without_a_warning(ansible, how):
    run = ansible.run('ansible-doc', '--type', 'inventory', how, NAME).ok()
    assert run.stderr == ''
    assert all(option in run.stdout for option in ('hatci_token', 'verify_tls', 'keyed_groups', 'cache_plugin', 'model_year'))
