"""What a document shows, runs: its commands as they stand, with what they print, and its YAML.

Before they run and are compared, what differs from reader to reader is replaced: the server, the token, the home folder, times and the
names of leases. A line `...` of a shown output stands for any number of lines.
"""

import json
import os
import re
import shutil
from pathlib import Path

import pytest
import yaml
from ansible_run import play
from conftest import ROOT
from jumpstarter_fixtures import Exporter, token
from servers import VIN

DOCS = {name: ROOT / path for name, path in {
    'README': 'README.md', 'GETTING_STARTED': 'collection/docs/GETTING_STARTED.md', 'ara': 'collection/docs/ara.md',
    'aap': 'collection/docs/aap.md', 'contract': 'collection/docs/contract.md', 'fleets': 'collection/docs/fleets.md',
    'inventory': 'collection/docs/inventory.md', 'reports': 'collection/docs/reports.md',
    **{path.parent.name: f'roles/{path.parent.name}/README.md' for path in (ROOT / 'roles').glob('*/README.md')
       # Their machines are those of test_bench.py, their repositories and packages those of the tests of environments.
       if path.parent.name not in ('bench', 'environment', 'hatci_environment', 'kubernetes', 'platform')}}.items()}
SERVER = 'https://sums.example.com'
BENCH = 'vehicle_001'
# Commands that others run: a download from the net, and the tests and the demo of the repository itself.
ELSEWHERE = ('python3 -m venv', 'ara/bin/', 'cargo xtask')


def blocks(name, language=''):
    """The texts of a document's blocks in this language, in order."""
    text = (DOCS.get(name) or ROOT / f'collection/docs/{name}.md').read_text()
    found = re.findall(r'^( *)```(\w*)\n(.*?)^ *```$', text, re.M | re.S)
    return [re.sub(f'^{indent}', '', block, flags=re.M) for indent, word, block in found if word == language]


def commands(block):
    """The commands of a block, each with the lines that it shows."""
    found = []
    for line in block.splitlines():
        if line.startswith('$ '):
            found.append([line[2:], []])
        elif found and found[-1][0].endswith('\\'):
            found[-1][0] = found[-1][0][:-1] + line.strip()
        elif found:
            found[-1][1].append(line)
    return found


def normal(line, server, home):
    """The line without what differs from reader to reader."""
    line = line.replace(server, SERVER).replace(home, '/home/jane')
    line = re.sub(r'(localhost \| \w+ \S+ after )\d+ s: .*', r'\1N s', line)
    line = re.sub(r'ansible-vehicle-001-[0-9a-f]+', 'LEASE', line)
    line = re.sub(r'(\[.*\]) \*+$', r'\1 ***', line)
    line = re.sub(r'((?:PASS|FAIL|NOT TESTED) +)\d+ +', r'\1N ', line)
    return re.sub(r' +', ' ', line).rstrip()


def missing(shown, printed):
    """The first shown line that was not printed where it is shown; None if all were."""
    at, gap = 0, True
    for line in shown:
        if line.strip() == '...':
            gap = True
            continue
        # A part of a line may be left out, too.
        pattern = re.compile('.*'.join(map(re.escape, line.split('...'))))
        places = [place for place in range(at, len(printed) if gap else min(at + 1, len(printed))) if pattern.fullmatch(printed[place])]
        if not places:
            return line
        at, gap = places[0] + 1, False
    return None


@pytest.fixture
def reader(lab, sums_for, start_controller, jmp):
    """Somebody with the archive, a server, a Jumpstarter client and a bench who types what a document shows into one shell."""
    secret = token(BENCH)
    controller = start_controller('--exporter', f'{BENCH}:exporter={BENCH}', '--exporter-token', f'{BENCH}={secret}')
    home = Path(lab.env['HOME'])
    clients = home / '.config/jumpstarter/clients'
    clients.mkdir(parents=True)
    (clients / 'ci.yaml').symlink_to(controller.client())
    jmp.env['HOME'] = str(home)
    jmp.ok('config', 'client', 'use', 'ci')
    exporter = Exporter(controller, BENCH, secret, jmp)
    shutil.copy(os.environ['COLLECTION_ARCHIVE'], lab.folder)
    # Nobody waits half a minute for a simulated vehicle.
    vehicle = (ROOT / 'playbooks/examples/vehicle.yml').read_text() + 'hatci_poll_interval_seconds: 1\n'
    (lab.folder / 'vehicle.yml').write_text(vehicle)

    def type_in(typed, server, env=None):
        lines = []
        for at, (command, _) in enumerate(typed):
            command = command.replace(SERVER, server.url).replace('HATCI_TOKEN=...', f'HATCI_TOKEN={server.TOKEN}')
            lines += [f'echo "=== {at}"', command, f'echo "=== rc $?"']
        script = lab.folder / 'typed.sh'
        script.write_text('\n'.join(lines) + '\n')
        run = lab.run('bash', script, env=env)
        printed = {}
        for line in run.stdout.splitlines():
            if match := re.fullmatch(r'=== (\d+)', line):
                printed[int(match[1])] = here = []
            else:
                here.append(normal(line, server.url, str(home)))
        return run, printed

    type_in.controller, type_in.lab = controller, lab
    yield type_in
    exporter.stop()


@pytest.fixture
def sums_for(start_sums_sim):
    """The server of a document's reader, slow enough to be seen at work."""
    return lambda *options: start_sums_sim(*options, step='1500ms')


def compare(reader, typed, server, **how):
    run, printed = reader(typed, server, **how)
    for at, (command, shown) in enumerate(typed):
        wanted = [normal(line, server.url, reader.lab.env['HOME']) for line in shown]
        line = missing(wanted, printed.get(at, []))
        assert line is None, f'{command} does not print {line!r}\n' + '\n'.join(printed.get(at, [])) + run.stderr
    return run


def own_collections(reader):
    """Where the archive is not installed yet."""
    return {'ANSIBLE_COLLECTIONS_PATH': f'{reader.lab.env["HOME"]}/.ansible/collections'}


def typed_in(name, *words):
    return [one for block in blocks(name) for one in commands(block) if not words or any(word in one[0] for word in words)]


@pytest.mark.parametrize('name', ['README', 'hatci_request_update'])
def test_what_a_page_shows_is_what_its_commands_print(reader, sums_for, name):
    server = sums_for()
    env = own_collections(reader) if name == 'README' else {'HATCI_BASE_URL': server.url, 'HATCI_TOKEN': server.TOKEN}
    typed = typed_in(name)
    assert typed
    compare(reader, typed, server, env=env)


def test_what_the_page_about_reports_shows_is_what_its_commands_print(reader, sums_for):
    server = sums_for()
    compare(reader, typed_in('reports'), server, env={'HATCI_BASE_URL': server.url, 'HATCI_TOKEN': server.TOKEN})


def test_what_the_page_about_the_inventory_shows_is_what_its_commands_print(reader, sums_for):
    server = sums_for()
    shown, other = blocks('inventory', 'yaml')
    (reader.lab.folder / 'lab.hatci.yml').write_text(shown + '  hatci_poll_interval_seconds: "1"\n')
    (reader.lab.folder / 'us.hatci.yml').write_text(other)
    # The simulator tells nothing of its vehicles but who they are.
    typed = [*typed_in('inventory'), ['ansible-inventory -i us.hatci.yml --graph', ['@all:', '  |--@ungrouped:', '  |--@fleet:']]]
    run = compare(reader, typed, server, env={'HATCI_BASE_URL': server.url, 'HATCI_TOKEN': server.TOKEN})
    assert 'The API gives no vehicle a model_year, so the filter for 2025, 2026 finds none. Remove the filter.' in ' '.join(run.stderr.split())
    assert {test['vin']: test['status'] for test in server.state()['test_events']} == {VIN: 'PASS', '5NPE24AF5FH000002': 'PASS'}


def test_what_the_page_about_the_contract_shows_is_what_its_commands_print(lab, start_sums_sim):
    server = start_sums_sim()
    env = {'HATCI_BASE_URL': server.url, 'HATCI_TOKEN': server.TOKEN}
    for command, shown in typed_in('contract', 'ansible-playbook'):
        run = lab.run('bash', '-c', command, env=env).ok()
        printed = [normal(line, server.url, lab.env['HOME']) for line in run.stdout.splitlines()]
        assert missing([normal(line, server.url, lab.env['HOME']) for line in shown], printed) is None, run
    assert (lab.folder / 'contract.json').stat().st_mode & 0o777 == 0o600


def test_the_template_that_the_page_about_reports_shows_is_one(lab):
    template, = blocks('reports', 'jinja')
    (lab.folder / 'page.html').write_text(template)
    report = {'report_dir': str(lab.folder), 'results': {'car1': {'status': 'PASS'}}, 'html_template': str(lab.folder / 'page.html')}
    lab.tasks([{'name': 'report', 'hatci.automation.hatci_report': report}]).ok()
    assert (lab.folder / 'report.html').read_text() == '<title>PASS</title>\n<p>car1: PASS</p>\n'


def test_what_the_first_steps_show_is_what_their_commands_print(reader, sums_for):
    server = sums_for()
    typed = typed_in('GETTING_STARTED')
    resuming = [one for one in typed if 'previous' in one[0]]
    assert len(resuming) == 1 and len(typed) >= 6
    compare(reader, [one for one in typed if one not in resuming], server, env=own_collections(reader))


def test_what_the_first_steps_show_of_a_failure_and_of_resuming_is_so(reader, sums_for):
    server = sums_for('--scenario', f'{VIN}=fail:Gateway refused the signature')
    typed = typed_in('GETTING_STARTED')
    first = [one for one in typed if one[0].startswith(('export', 'ansible-playbook')) and '--check' not in one[0]]
    fatal, = [line for block in blocks('GETTING_STARTED') for line in block.splitlines() if line.startswith('fatal: ')]
    first = [[command, [] if 'playbook' in command else shown] for command, shown in first]
    first[-2][1] = ['...', fatal]
    compare(reader, first, server)
    one, other = server.state()['test_events']
    assert other['metadata'] == {'previous_test_event_id': one['test_event_id']}


@pytest.mark.parametrize('name', sorted(DOCS))
def test_every_command_of_a_document_is_run_by_one_of_these_tests(name):
    known = {'README', 'GETTING_STARTED', 'hatci_request_update', 'reports', 'inventory', 'contract', 'aap'}  # the last one by test_aap.py
    lines = [line for block in blocks(name) for line in block.splitlines()]
    others = [line for line in lines if re.match(r'(\$ )?(ansible|cargo|python3|ara/|jmp|export|HATCI_)', line)
              and not line.startswith(ELSEWHERE)]
    if name not in known:
        assert {line.removeprefix('$ ').split()[0] for line in others} <= {'ansible', 'ansible-playbook', 'ansible-runner', 'jmp'}, others


@pytest.mark.parametrize('name', ['ara'])
def test_the_commands_of_the_page_about_ara_run(reader, sums_for, ara, name):
    server = sums_for()
    env = {'HATCI_BASE_URL': server.url, 'HATCI_TOKEN': server.TOKEN, 'ARA_API_SERVER': ara.url}
    lines = [line for block in blocks(name) for line in block.splitlines() if line.startswith('ansible')]
    assert len(lines) == 2
    run, printed = reader([[line, []] for line in lines], server, env=env)
    assert [lines[-1] for lines in printed.values()] == ['=== rc 0', '=== rc 0'], run
    recorded = [playbook for playbook in ara.all('playbooks') if VIN in playbook['name']]
    assert [playbook['status'] for playbook in recorded] == ['completed'], ara.all('playbooks')


def test_the_module_defaults_of_the_page_about_server_and_token_reach_a_module(lab, start_sums_sim):
    server = start_sums_sim()
    shown, = blocks('connection', 'yaml')
    defaults = yaml.safe_load(shown.replace(SERVER, server.url))
    read = {'name': 'read', 'hatci.automation.hatci_info': None}
    run = lab.playbook([play([read]) | defaults], variables={'vault_hatci_token': server.TOKEN}).ok()
    assert run['read']['reachable'] is True


def test_jmp_knows_the_exporter_that_a_role_has_configured(reader, lab):
    name = 'jumpstarter_exporter_config'
    example, = blocks(name, 'yaml')
    lab.playbook([play(yaml.safe_load(example))]).ok()
    (command, shown), = typed_in(name)
    run, printed = reader([[command, shown]], type('Nobody', (), {'url': SERVER, 'TOKEN': ''}))
    assert missing([line.rstrip() for line in (normal(line, SERVER, lab.env['HOME']) for line in shown)], printed[0]) is None, (run, printed)


def examples_of_pages():
    for name in sorted(DOCS):
        for at, block in enumerate(blocks(name, 'yaml')):
            content = yaml.safe_load(block)
            if name not in ('GETTING_STARTED', 'ara') and isinstance(content, list):
                yield pytest.param(name, content, id=f'{name} {at}')


@pytest.mark.parametrize('name, content', list(examples_of_pages()))
def test_the_yaml_of_a_page_runs(reader, lab, sums_for, ara, name, content):
    server = sums_for()
    text = json.dumps(content)
    test = {'vin': VIN, 'event_id': 'pending', 'ansible_job_id': '1', 'git_sha': 'x', 'suite_name': 's'}
    known = {'test': server.post('/api/v1/test_events', test), 'check': {'stdout': 'well'}}
    if 'DEP-000001' in text:
        content = json.loads(text.replace('DEP-000001', server.make_deployment()))
    (lab.folder / 'check.sh').write_text('#!/bin/sh\necho well\n')
    (lab.folder / 'check.sh').chmod(0o755)
    plays = content if 'hosts' in content[0] else [play(content, server, vars=known)]
    if 'notify' in text and 'hosts' not in content[0]:
        plays[0]['roles'] = ['hatci.automation.ara_handlers']
    variables = server.variables | {'ara_enabled': True, 'ara_api_base_url': ara.url, 'hatci_poll_interval_seconds': 1}
    lab.playbook(plays, '-e', f'@{lab.folder}/vehicle.yml', variables=variables).ok()


def test_the_readme_lists_no_page_twice():
    listed = re.findall(r'^- \[.*?\]\((.*?)\)', DOCS['README'].read_text(), re.M)
    assert listed and len(listed) == len(set(listed)), listed


def test_the_readme_names_every_playbook_and_every_role():
    text = DOCS['README'].read_text()
    playbooks = [path.stem for path in (ROOT / 'playbooks').glob('*.yml')]
    roles = [path.parent.parent.name for path in (ROOT / 'roles').glob('*/meta/main.yml')]
    assert len(playbooks) > 5 and len(roles) > 5
    assert [name for name in playbooks if f'| `hatci.automation.{name}` |' not in text] == []
    assert [name for name in roles if f'| `{name}` |' not in text] == []


def test_the_variables_of_the_first_steps_are_those_of_the_example():
    shown = next(yaml.safe_load(block) for block in blocks('GETTING_STARTED', 'yaml') if 'hatci_vin' in block)
    assert shown == yaml.safe_load((ROOT / 'playbooks/examples/vehicle.yml').read_text())


def test_the_page_about_troubles_explains_each_kind_and_its_example_decides_by_it(lab):
    listed = DOCS['README'].read_text().split('`error.kind` (')[1].split('),')[0]
    assert re.findall(r'`(\w+)`', listed) == re.findall(r'^\| `(\w+)` \|', (ROOT / 'collection/docs/troubleshooting.md').read_text(), re.M)
    example, = blocks('troubleshooting', 'yaml')
    book = [play(yaml.safe_load(example), vars={
        'hatci_base_url': 'http://127.0.0.1:1', 'hatci_token': 'nobody', 'hatci_retries': 0, 'target_event_id': 'EVT-000001'})]
    run = lab.playbook(book)
    assert run.rc != 0 and '"msg": "Not tested: ' in run.stdout, run.stdout
