"""The execution environment: ansible-builder takes its definition as it stands, any environment with the collection gets what it needs, and
ansible-navigator runs its playbooks.

Where debootstrap and root are at hand and BARE_ROOT=1 is set, what the Containerfile says is done in a bare Debian, and used there under an
arbitrary user id, without root and with a read-only file system, as OpenShift does it. There is no container engine in it."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from ansible_run import Ansible
from bare_root import BareRoot
from conftest import ROOT
from servers import VIN

pytest.importorskip('ansible_builder', reason='ansible-builder is not installed here')
DEFINITION = ROOT / 'collection/execution-environment/execution-environment.yml'


@pytest.fixture(scope='module')
def context(tmp_path_factory):
    """What ansible-builder makes of the definition and the archive beside it."""
    folder = tmp_path_factory.mktemp('ee')
    shutil.copy(DEFINITION, folder)
    shutil.copy(os.environ['COLLECTION_ARCHIVE'], folder)
    subprocess.run([f'{sys.prefix}/bin/ansible-builder', 'create', '--output-filename', 'Containerfile'], check=True, cwd=folder,
                   env={'PATH': f'{sys.prefix}/bin:/usr/bin:/bin', 'HOME': str(folder), 'LC_ALL': 'C.UTF-8'})
    return folder / 'context'


def test_ansible_builder_takes_the_definition_as_it_stands(context):
    lines = (context / 'Containerfile').read_text().splitlines()
    # The base image is a variable of the build, and nothing runs as root.
    assert any(line.startswith('ARG EE_BASE_IMAGE=') for line in lines)
    assert [line for line in lines if line.startswith('USER ')] == ['USER root', 'USER 1000']
    archive = Path(os.environ['COLLECTION_ARCHIVE']).name
    assert (context / '_build/collections' / archive).is_file()
    wanted, = yaml.safe_load((context / '_build/requirements.yml').read_text())['collections']
    assert wanted == {'name': f'collections/{archive}', 'type': 'file'}


def test_any_environment_with_the_collection_gets_jmp_and_its_drivers(context, collections):
    command = [sys.executable, context / '_build/scripts/introspect.py', 'introspect', collections]
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    found = {kind: [line.partition('  #')[0] for line in lines] for kind, lines in yaml.safe_load(told).items()}
    tested = (ROOT / 'tests/requirements/jumpstarter.txt').read_text()
    wanted = {line for line in (ROOT / 'meta/ee-requirements.txt').read_text().splitlines() if not line.startswith('#')}
    assert len(wanted) == 5 and set(found['python']) == wanted
    assert not [line for line in wanted if line not in tested.splitlines()]  # the versions that the tests run
    assert 'ca-certificates [platform:rpm]' in found['system']


def test_ansible_navigator_runs_a_playbook_without_a_container(collections, tmp_path, sums):
    pytest.importorskip('ansible_navigator', reason='ansible-navigator is not installed here')
    ansible = Ansible(collections, tmp_path)
    run = ansible.run(
        'ansible-navigator', 'run', 'hatci.automation.ota_single_vehicle', '--ee', 'false', '--mode', 'stdout',
        '--playbook-artifact-enable', 'false', '--log-file', tmp_path / 'log', '-e', f'@{collections}/ansible_collections/hatci/automation/'
        'playbooks/examples/vehicle.yml', '-e', 'ota_lease=false', '-e', 'hatci_poll_interval_seconds=1',
        env={'HATCI_BASE_URL': sums.url, 'HATCI_TOKEN': sums.TOKEN})
    run.ok()
    assert {test['vin']: test['status'] for test in sums.state()['test_events']} == {VIN: 'PASS'}, run


@pytest.mark.skipif(not os.environ.get('BARE_ROOT'), reason='takes some minutes and downloads a Debian (set BARE_ROOT=1)')
def test_what_the_containerfile_says_makes_an_environment_that_any_user_can_run(context, tmp_path, sums):
    if os.geteuid() != 0 or not shutil.which('debootstrap'):
        pytest.skip('needs root and debootstrap')
    with BareRoot(context, tmp_path, arguments={'PKGMGR': '/usr/bin/apt-get', 'PKGMGR_PRESERVE_CACHE': 'always'}) as built:
        variables = {'HATCI_BASE_URL': sums.url, 'HATCI_TOKEN': sums.TOKEN, 'HOME': '/runner', 'ANSIBLE_LOCALHOST_WARNING': 'false'}
        told = built.run('id', '-u').stdout.strip()
        assert told == str(built.USER) and 'Read-only file system' in built.run('touch', '/usr/written', check=False).stderr
        assert '0.9.0' in built.run('jmp', 'version').stdout
        info = built.run('ansible', 'localhost', '-m', 'hatci.automation.hatci_info', env=variables).stdout
        assert '"reachable": true' in info
        vehicle = '/usr/share/ansible/collections/ansible_collections/hatci/automation/playbooks/examples/vehicle.yml'
        built.run('ansible-playbook', 'hatci.automation.ota_single_vehicle', '-e', f'@{vehicle}', '-e', 'ota_lease=false', '-e',
                  'hatci_poll_interval_seconds=1', '-e', 'hatci_report_dir=/runner/report', env=variables)
        report = json.loads(built.run('cat', '/runner/report/report.json').stdout)
        assert report['counts']['passed'] == 1
    assert {test['vin']: test['status'] for test in sums.state()['test_events']} == {VIN: 'PASS'}
