"""Both SUMS servers keep the OpenAPI document, as schemathesis reads it: valid requests are taken, and every answer is
one that the document describes. Runs where the checkers are installed."""

import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip('schemathesis', reason='schemathesis is one of the checkers, which are not installed here')

TESTS = Path(__file__).parents[1]
DOCUMENT = TESTS.parent / 'collection/docs/openapi.yaml'


@pytest.fixture
def check(tmp_path):
    """Lets schemathesis try everything the document says on a server."""

    def run(url, token, *options):
        result = subprocess.run(
            [sys.executable, '-m', 'schemathesis.cli', 'run', DOCUMENT, '--url', f'{url}/api/v1',
             '--header', f'Authorization: Bearer {token}', '--checks', 'all', '--max-examples', '40',
             # The same requests each time, so that a failure seen once is seen again.
             '--generation-deterministic', '--no-color', *options],
            cwd=tmp_path, env={'PATH': '/usr/bin:/bin', 'HOME': str(tmp_path), 'LC_ALL': 'C.UTF-8'},
            capture_output=True, text=True, timeout=300)
        assert result.returncode == 0, result.stdout + result.stderr
        assert 'Tested: 10' in result.stdout, result.stdout

    return run


@pytest.mark.parametrize('options', [[], ['--id-style', 'legacy', '--fix-conflict']], ids=['modern', 'legacy'])
def test_the_simulator_keeps_the_openapi_document(start_sums_sim, check, options):
    # Schemathesis sends the document's example of a key with many different bodies, which is rightly refused.
    server = start_sums_sim('--no-idempotency', *options)
    check(server.url, server.TOKEN)


def test_the_other_server_keeps_the_openapi_document(other_sums, check):
    # It trusts its clients: valid requests only, and no links, which name ids as the simulator does.
    check(other_sums.url, other_sums.TOKEN, '--mode', 'positive', '--phases', 'examples,coverage,fuzzing')
