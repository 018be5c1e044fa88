"""A real S3 for the tests of its modules."""

import json
import os
import select
import subprocess
from pathlib import Path

import pytest

START = 120  # seconds it may take until it tells its URL


@pytest.fixture(scope='session')
def s3(tmp_path_factory):
    """moto, which checks signatures: `url`, `access_key`, `secret_key`. One for all tests; each takes buckets of its own."""
    log = tmp_path_factory.mktemp('moto') / 'moto.log'
    with open(log, 'w', encoding='utf-8') as errors:
        process = subprocess.Popen(
            [Path(os.environ['MOTO_VENV']) / 'bin/python', Path(__file__).with_name('moto_s3.py')],
            env={'PATH': '/usr/bin:/bin', 'PYTHONDONTWRITEBYTECODE': '1'}, stdout=subprocess.PIPE, stderr=errors)
    try:
        ready, _, _ = select.select([process.stdout], [], [], START)
        line = process.stdout.readline() if ready else b''
        assert line, log.read_text()
        yield json.loads(line)
    finally:
        process.kill()
        process.wait()
