"""Options are taken or refused as by a Python module of the same argument spec: the same values, and the same words.

A module's twin stands under the module's own name in a collection of its own, and is made of nothing but its documentation.
"""

import re
import shutil
from pathlib import Path

import pytest
from ansible.release import __version__ as core_version
from ansible_run import Ansible, task
from conftest import ROOT
from servers import EVENT

TWIN = Path(__file__).parent / 'python_twin'
MAIN = """
from ansible_collections.hatci.automation.plugins.module_utils.documented import run
run(DOCUMENTATION)
"""
# The modules speak as 2.19 does. Before, a few things were worded otherwise.
pytestmark = pytest.mark.skipif(core_version.startswith('2.1') and core_version < '2.19', reason='it words faults otherwise')

SECRET = 'hunter2-of-the-twins'
MASKED = 'VALUE_SPECIFIED_IN_NO_LOG_PARAMETER'
MASKS = re.compile(r'\$REDACTED\$|\*{8}')
SERVER = {'hatci_base_url': 'http://127.0.0.1:1', 'hatci_token': SECRET}


def without(options, *names):
    return {name: value for name, value in options.items() if name not in names}


def ecu(**changes):
    return {'ecus': [EVENT['ecus'][0] | changes]}


CREATE = EVENT | SERVER

# What is refused. Not unknown options on two levels at once: in Python it is chance which of them decides on the sentence.
REFUSED = {
    'hatci_create_event': {
        'nothing': {},
        'one is missing': without(CREATE, 'vin'),
        'several are missing': without(CREATE, 'vin', 'ecus', 'hatci_token'),
        'unknown': CREATE | {'evnt_id': 'EV-1'},
        'two unknown': CREATE | {'zz': 1, 'VIN': EVENT['vin']},
        'unknown and missing': without(CREATE, 'region') | {'zz': 1},
        'unknown and of a wrong type': CREATE | {'zz': 1, 'timeout': 'soon'},
        'no such choice': CREATE | {'update_type': 'FROM'},
        'a choice in lower case': CREATE | {'update_type': 'rrom'},
        'a bool as choice': CREATE | {'update_type': True},
        'a list as choice': CREATE | {'update_type': ['RROM']},
        'null as choice': CREATE | {'update_type': None},
        'text for a list of dicts': CREATE | {'ecus': 'Gateway'},
        'empty text for a list of dicts': CREATE | {'ecus': ''},
        'dict for a list': CREATE | {'ecus': EVENT['ecus'][0]},
        'number for a list of dicts': CREATE | {'ecus': 3},
        'null for a list': CREATE | {'ecus': None},
        'null in a list of dicts': CREATE | {'ecus': [None]},
        'list in a list of dicts': CREATE | {'ecus': [[1]]},
        'pairs with too few suboptions': CREATE | {'ecus': ['ecu_name=Gateway sw_version=2']},
        'suboption missing': CREATE | {'ecus': [{'ecu_name': 'Gateway'}]},
        'suboption missing in the second': CREATE | {'ecus': EVENT['ecus'] + [{'ecu_name': 'Camera', 'part_number': 'C'}]},
        'unknown suboption': CREATE | ecu(colour='red'),
        'two unknown suboptions': CREATE | ecu(zz=1, colour='red'),
        'null for everything': dict.fromkeys(CREATE),
        'text for int': CREATE | {'timeout': 'soon'},
        'empty text for int': CREATE | {'timeout': ''},
        'hexadecimal for int': CREATE | {'timeout': '0x1F'},
        'float for int': CREATE | {'timeout': 1.5},
        'float as text for int': CREATE | {'timeout': '1.5'},
        'list for int': CREATE | {'timeout': [30]},
        'dict for int': CREATE | {'timeout': {'seconds': 30}},
        'null for int': CREATE | {'timeout': None},
        'a huge int, and another fault': CREATE | {'timeout': 10**40, 'zz': 1},
        'text for bool': CREATE | {'verify_tls': 'maybe'},
        'empty text for bool': CREATE | {'verify_tls': ''},
        'int for bool': CREATE | {'verify_tls': 2},
        'a huge int for bool': CREATE | {'verify_tls': 10**40},
        'float for bool': CREATE | {'verify_tls': 0.5},
        'list for bool': CREATE | {'verify_tls': []},
        'null for bool': CREATE | {'verify_tls': None},
        'the first of several wrong types': CREATE | {'retries': 'x', 'timeout': 'y', 'verify_tls': 'z', 'ecus': 1},
        'quotes in a value': CREATE | {'timeout': """it's "soon" """},
        'letters beyond ASCII and a line break': CREATE | {'timeout': 'bäld\n🚗\u00a0'},
        'a secret in a value': CREATE | {'timeout': f'{SECRET}s'},
        'a secret as value': CREATE | {'timeout': SECRET},
        'a secret as choice': CREATE | {'update_type': SECRET},
        'a secret as unknown option': CREATE | {SECRET: 1},
        'a number as secret': CREATE | {'hatci_token': 471108, 'timeout': 'in 471108 s'},
    },
    'hatci_update_status': {
        'none of which one is required': SERVER,
        'both of which one is required': SERVER | {'event_id': 'EV-1', 'deployment_id': 'DEP-1'},
        'both, one of them null': SERVER | {'event_id': 'EV-1', 'deployment_id': None},
        'none, and another missing': without(SERVER, 'hatci_token'),
        'both, and another of a wrong type': SERVER | {'event_id': 'EV-1', 'deployment_id': 'DEP-1', 'wait': 'long'},
        'dict for a list of text': SERVER | {'event_id': 'EV-1', 'success_states': {'COMPLETE': True}},
        'null for a list with a default': SERVER | {'event_id': 'EV-1', 'success_states': None},
        'a size for int': SERVER | {'event_id': 'EV-1', 'poll_interval': '1K'},
    },
    'jumpstarter_lease': {
        'no such choice by an alias': {'action': 'borrow'},
        'an alias and its option': {'action': 'borrow', 'state': 'acquired'},
        'an option and its alias': {'action': 'renew', 'state': 'borrowed', 'zz': 1},
        'unknown where another has an alias': {'zz': 1},
        'mutually exclusive': {'exporter': 'bench', 'selector': 'board=ev9'},
        'list for dict': {'tags': ['winter']},
        'text for dict': {'tags': 'winter'},
        'number for dict': {'tags': 7},
        'broken JSON for dict': {'tags': '{"campaign": '},
        'text for bool without a default': {'keepalive': 'perhaps'},
    },
}

# Environment variables that stand in for options.
FROM_ENVIRONMENT = {
    'a secret from the environment': ({'timeout': SECRET}, {'HATCI_BASE_URL': 'http://127.0.0.1:1', 'HATCI_TOKEN': SECRET}),
    'one variable only': ({}, {'HATCI_TOKEN': SECRET}),
    'an option is null': ({'hatci_token': None, 'zz': 1}, {'HATCI_BASE_URL': '', 'HATCI_TOKEN': SECRET}),
    'empty variables count': ({'zz': 1}, {'HATCI_BASE_URL': '', 'HATCI_TOKEN': ''}),
}

# What is accepted, in check mode, where nobody asks a server for `pending`.
ACCEPTED = {
    'numbers as text': {'timeout': ' 7_200 ', 'deadline': '1e3', 'retries': '4.0'},
    'whole floats': {'timeout': 60.0},
    'words for yes': {'wait': 'Yes', 'verify_tls': ' ON ', 'hatci_ca_only': 't'},
    'words for no': {'wait': 'n', 'hatci_ca_only': 'False'},
    'numbers for yes and no': {'wait': 0, 'verify_tls': 1, 'hatci_ca_only': 0.0},
    'empty list': {'failure_states': []},
    'text for a list': {'success_states': 'DONE, GONE,'},
    'number for a list': {'success_states': 7},
    'anything in a list of text': {'success_states': [1, 1.5, True, None, [1, 'a'], {'b': None}]},
    'a secret in a list': {'success_states': [SECRET, f'{SECRET}!']},
    'null where nothing is needed': {'client_key': None, 'hatci_ca_path': None},
}


@pytest.fixture
def pythons(ansible, collections, tmp_path):
    """Ansible with the twins in the place of our modules."""
    ours = collections / 'ansible_collections/hatci/automation'
    twins = tmp_path / 'twins/ansible_collections/hatci/automation'
    (twins / 'plugins/modules').mkdir(parents=True)
    shutil.copytree(TWIN, twins / 'plugins/module_utils')
    for module in REFUSED:
        stub = (ours / f'plugins/modules/{module}.py').read_text()
        (twins / f'plugins/modules/{module}.py').write_text(stub + MAIN)
    folder = tmp_path / 'pythons'
    folder.mkdir()
    twins = Ansible(tmp_path / 'twins', folder)
    twins.env['ANSIBLE_PIPELINING'] = 'true'  # they are slow enough
    return twins


# With it 2.21 and later tell what earlier ones always told.
INVOCATION = {'ANSIBLE_INJECT_INVOCATION': 'true'}


def told(one):
    """How a task ended: its status, the message, and the options as the module understood them."""
    # The order of these words is another one in every process of Python.
    msg = re.sub('(?<=Valid booleans include: ).*', lambda words: str(sorted(words[0].split(', '))), one['result'].get('msg', ''))
    assert SECRET not in msg
    msg = re.sub(r'\. (\w+ takes a (list|dict)\b|Give \w+ ).*', '', msg)  # which only ours says
    msg = msg.replace("must be a list, not '", "must be a dict, not '")  # as AnsibleModule says of an element
    return one['status'], msg, one['result']['invocation']['module_args']


def assert_same(ansible, pythons, tasks, status):
    """That every task ends with this status, and does so with our module as with its twin."""
    differences = []
    runs = [one.tasks(tasks, env=INVOCATION).tasks for one in (ansible, pythons)]
    for our, twin in zip(*runs, strict=True):
        our, twin, name = told(our), told(twin), twin['task']
        assert twin[0] == status, twin
        if twin[2].get('hatci_token') == SECRET:  # AnsibleModule shows every secret when suboptions come as no dict at all
            twin[2]['hatci_token'] = our[2]['hatci_token']
        if SECRET in twin[2]:  # and one that came as the name of an option
            twin[2][MASKED] = twin[2].pop(SECRET)
        assert SECRET not in str(our[2])
        if '$REDACTED$' in str(twin):  # for ansible-core 2.22, one mask stands for all
            our, twin = (MASKS.sub(MASKED, str(one)) for one in (our, twin))
        differences += [] if our == twin else [name, our, twin]
    assert not differences, '\n'.join(map(str, differences))


@pytest.mark.parametrize('module', REFUSED)
def test_what_is_refused(ansible, pythons, module):
    tasks = [task(name, module, options, ignore_errors=True) for name, options in REFUSED[module].items()]
    assert_same(ansible, pythons, tasks, 'ignored')


def test_what_is_refused_with_options_from_the_environment(ansible, pythons):
    tasks = [task(name, 'hatci_update_status', {'event_id': 'EV-1'} | options, environment=environment, ignore_errors=True)
             for name, (options, environment) in FROM_ENVIRONMENT.items()]
    assert_same(ansible, pythons, tasks, 'ignored')


def test_what_is_refused_by_a_copied_module(ansible, pythons):
    for one in (ansible, pythons):
        one.env['ANSIBLE_BECOME_PLUGINS'] = str(ROOT / 'tests/bench/become_plugins')
    copied = task('unknown', 'hatci_create_event', CREATE | {'zz': 1}, become=True, become_method='as_is')
    assert_same(ansible, pythons, [copied], 'failed')


def test_what_is_accepted(ansible, pythons):
    tasks = [task(name, 'hatci_update_status', SERVER | {'event_id': 'pending'} | options, check_mode=True)
             for name, options in ACCEPTED.items()]
    assert_same(ansible, pythons, tasks, 'ok')


@pytest.mark.parametrize('env', [{}, INVOCATION], ids=['unasked', 'asked'])
def test_the_options_are_told_when_ansible_wants_them(ansible, pythons, env):
    one = [task('refused', 'hatci_update_status', SERVER, ignore_errors=True)]
    ours, twins = (ansible.tasks(one, env=env)['refused'] for ansible in (ansible, pythons))
    assert ('invocation' in ours) == ('invocation' in twins)
