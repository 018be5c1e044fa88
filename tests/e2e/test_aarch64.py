"""The program for aarch64 takes a vehicle through an OTA test. Linux runs it by QEMU, and only what this test starts sees that.

`cargo xtask test --long aarch64` builds the program, fetches QEMU and runs this. Ansible's own Python is this machine's:
`os.uname` reports aarch64 to it, and the installed collection holds no other program.
"""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest
from jumpstarter_fixtures import Lab, processes, until
from servers import VIN

GIVEN = ('AARCH64_PROGRAM', 'QEMU_AARCH64')
pytestmark = pytest.mark.skipif(not all(os.environ.get(name) for name in GIVEN),
                                reason=f'{" and ".join(GIVEN)} do not name the program for aarch64 and QEMU')

# Where a program's header says what machine it is for.
MACHINE, AARCH64 = slice(18, 20), (183).to_bytes(2, 'little')
# How Linux knows a program for aarch64.
MAGIC = (r'\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00'
         r':\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff')
# In a namespace of its own: what is registered there ends with it, and is unknown outside.
WITH_QEMU = ('mount -t binfmt_misc none /proc/sys/fs/binfmt_misc && '
             'printf %s "$REGISTRATION" > /proc/sys/fs/binfmt_misc/register && exec "$@"')
NAMESPACE = ['unshare', '--user', '--map-root-user', '--mount', '/bin/sh', '-c', WITH_QEMU, 'sh']

ON_AARCH64 = '''
import os

known = os.uname()
os.uname = lambda: os.uname_result((*known[:4], 'aarch64'))
'''


class LabOnAarch64(Lab):
    """A lab whose Ansible takes this machine for one on aarch64."""

    def start(self, program, *args, env=None):
        return super().start(*NAMESPACE, program, *args, env=env)


@pytest.fixture
def lab(collections, tmp_path):
    """Ansible with the archive, in which the program for aarch64 has replaced all others."""
    # P hands on the name that the program is started by: it says which module is meant.
    registration = f':hatci-aarch64:M::{MAGIC}:{os.environ["QEMU_AARCH64"]}:P'
    probe = subprocess.run([*NAMESPACE, 'true'], env={**os.environ, 'REGISTRATION': registration}, capture_output=True, text=True)
    if probe.returncode:
        pytest.skip(f'this Linux lets nobody register QEMU in a namespace, which takes 6.7 or newer: {probe.stderr.strip()}')

    here = tmp_path / 'collections'
    shutil.copytree(collections, here, symlinks=True)
    modules = here / 'ansible_collections/hatci/automation/plugins/modules'
    first, *others = sorted(modules.glob('__*__'))
    first.rename(modules / '__aarch64__')
    for other in others:
        shutil.rmtree(other)
    shutil.copy(os.environ['AARCH64_PROGRAM'], modules / '__aarch64__/hatci')

    told = tmp_path / 'told'
    told.mkdir()
    (told / 'sitecustomize.py').write_text(ON_AARCH64)
    folder = tmp_path / 'lab'
    folder.mkdir()
    with tempfile.TemporaryDirectory(prefix='keep') as runtime:
        lab = LabOnAarch64(here, folder, runtime)
        lab.modules = modules
        lab.env |= {'PYTHONPATH': str(told), 'REGISTRATION': registration}
        yield lab
        lab.kill_all()
        until(lambda: not processes('--job-guard', runtime), 'the end of the guards')


def test_a_vehicle_is_updated_on_a_leased_bench_by_the_program_for_aarch64(lab, vehicle, sums, controller, tmp_path):
    programs = {path.resolve() for path in lab.modules.glob('__*__/*')}
    assert [path.read_bytes()[MACHINE] for path in programs] == [AARCH64]

    reports = tmp_path / 'reports'
    given = {'jumpstarter_exporter_name': 'bench', 'jumpstarter_client_config': controller.client(), 'hatci_report_dir': str(reports)}
    run = lab.playbook('hatci.automation.ota_single_vehicle', '-e', vehicle,
                       variables={'hatci_poll_interval_seconds': 1} | given | sums.variables).ok()
    state = sums.state()
    assert [deployment['state'] for deployment in state['deployments']] == ['COMPLETE']
    test_event, = state['test_events']
    assert test_event['status'] == 'PASS' and VIN in test_event['summary']
    assert run.failed == []
    lease, = controller.leases.values()
    assert lease['exporter'] == 'bench'
    assert controller.active == []
    assert any(VIN in page.read_text() for page in reports.rglob('*.html'))
