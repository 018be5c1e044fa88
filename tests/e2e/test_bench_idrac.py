"""The stand-in for iDRACs keeps Redfish as OpenStack's client reads it: else the tests of the modules would prove little."""

import json
import os
import select
import subprocess
from pathlib import Path

import pytest

START = 120  # seconds it may take until it tells its URL


@pytest.fixture(params=[('13', '2.86.86.86'), ('14', '5.10.30.00'), ('14', '6.10.30.20')], ids=lambda it: it[1])
def idrac(request):
    """The URL of an iDRAC, and its firmware."""
    generation, firmware = request.param
    process = subprocess.Popen(
        [os.environ['BENCH_SIM'], 'idrac', '--generation', generation, '--firmware', firmware], stdout=subprocess.PIPE)
    try:
        ready, _, _ = select.select([process.stdout], [], [], START)
        assert ready
        yield process.stdout.readline().decode().strip(), firmware
    finally:
        process.kill()
        process.wait()


def test_openstack_s_client_can_use_the_stand_in(idrac):
    url, firmware = idrac
    result = subprocess.run(
        [Path(os.environ['MOTO_VENV']) / 'bin/python', Path(__file__).with_name('sushy_idrac.py'), url, 'root', 'calvin'],
        env={'PATH': '/usr/bin:/bin', 'PYTHONDONTWRITEBYTECODE': '1'}, capture_output=True, text=True, timeout=120)
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout) == {
        'firmware': firmware,
        'once': ['Pxe', 'Once'],
        'inserted': 'http://s3.example.com/isos/agent.x86_64.iso',
        'ejected': True,
        'pending': {'BootMode': 'Bios'},
        'power': 'On',
        'used': 'Disabled',
    }
