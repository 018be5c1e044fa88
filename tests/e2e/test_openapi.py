"""The simulator keeps the OpenAPI document, as schemathesis reads it: valid requests are taken, invalid ones refused,
and every answer is one that the document describes. Runs where the checkers are installed."""

import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip('schemathesis', reason='schemathesis is one of the checkers, which are not installed here')

DOCUMENT = Path(__file__).parents[2] / 'collection/docs/openapi.yaml'


@pytest.mark.parametrize('options', [[], ['--id-style', 'legacy', '--fix-conflict']], ids=['modern', 'legacy'])
def test_the_simulator_keeps_the_openapi_document(start_sums_sim, options, tmp_path):
    # Schemathesis sends the document's example of a key with many different bodies, which is rightly refused.
    server = start_sums_sim('--no-idempotency', *options)
    run = subprocess.run(
        [sys.executable, '-m', 'schemathesis.cli', 'run', DOCUMENT, '--url', f'{server.url}/api/v1',
         '--header', f'Authorization: Bearer {server.TOKEN}', '--checks', 'all', '--max-examples', '40',
         # The same requests each time, so that a failure seen once is seen again.
         '--generation-deterministic', '--no-color'],
        cwd=tmp_path, env={'PATH': '/usr/bin:/bin', 'HOME': str(tmp_path), 'LC_ALL': 'C.UTF-8'},
        capture_output=True, text=True, timeout=300)
    assert run.returncode == 0, run.stdout + run.stderr
    assert 'Tested: 9' in run.stdout, run.stdout
