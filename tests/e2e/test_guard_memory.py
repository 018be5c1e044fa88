"""How much memory the guard of a job takes, which runs beside each job to its end."""

import json
import os
import re
import socket
import subprocess
from pathlib import Path

import pytest


@pytest.mark.one_core
def test_it_takes_less_than_10_mb_for_200_leases_and_200_test_events(collections, tmp_path):
    folder = tmp_path / 'g'
    folder.mkdir(mode=0o700)
    client = tmp_path / 'ci.yaml'
    client.write_text(json.dumps({
        'apiVersion': 'jumpstarter.dev/v1alpha1', 'kind': 'ClientConfig', 'metadata': {'namespace': 'lab', 'name': 'ci'},
        'endpoint': '127.0.0.1:9', 'tls': {'ca': '', 'insecure': True}, 'token': 'x', 'drivers': {'unsafe': True}}))
    term = {'term': {'secs': 300, 'nanos': 0}, 'limit': {'secs': 3000, 'nanos': 0}}
    source = {'choice': {'File': str(client)}, 'environment': {}}
    duties = [({'kind': 'lease', 'name': str(n)}, {'name': str(n), 'alias': 'ci', 'source': source, 'term': term}) for n in range(200)]
    duties += [({'kind': 'test event', 'name': str(n)}, {'host': f'vehicle-{n}', 'arguments': {
        'hatci_base_url': 'http://127.0.0.1:9', 'hatci_token': 'x' * 100, 'test_event_id': f'TEV-{n}'}}) for n in range(200)]
    program = collections / f'ansible_collections/hatci/automation/plugins/modules/__{os.uname().machine}__/hatci'
    started = Path('/proc/self/stat').read_text().rsplit(')', 1)[1].split()[19]
    with open(tmp_path / 'log', 'wb') as log, subprocess.Popen(
            [program, '--job-guard', f'{os.getpid()}-{started}', folder], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=log) as guard, socket.socket(socket.AF_UNIX) as link:
        try:
            assert guard.stdout.readline() == b'ready\n'
            link.connect(str(next(folder.glob('*.socket'))))
            answers = link.makefile('rb')
            for duty, payload in duties:
                link.sendall(json.dumps({'Take': {'id': duty, 'payload': payload}}).encode() + b'\n')
                assert answers.readline() == b'"Done"\n'
            memory, = re.findall(r'VmHWM:\s*(\d+) kB', Path(f'/proc/{guard.pid}/status').read_text())
            assert int(memory) < 10_000
        finally:
            guard.kill()
