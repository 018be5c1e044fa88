"""A bench's deployment that is ended at any moment is completed by the next run, as if nothing had happened.

The moments are chosen by a seed that is printed: KILL_SEED repeats it. A run and what completes it take long, so there is one SIGKILL. With
KILLS=10 there are ten of it, and ten of each of the other signals.
"""

import json
import os
import random
import re
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from bench_fixtures import SECRETS, Bench, Machine

KILLS = int(os.environ.get('KILLS', '0'))
SEED = int(os.environ.get('KILL_SEED', str(random.randrange(10**6))))
PUBLIC, PRIVATE = 'bench-public', 'bench-private'
TABLES = {'iscsi/target': 1, 'iscsi/extent': 1, 'iscsi/targetextent': 1, 'iscsi/portal': 1, 'iscsi/auth': 1, 'iscsi/initiator': 1}
WAIT = 60  # seconds within which a run that was told to end has ended

# Large enough for several parts of an upload, and not made at once.
INSTALLER = """#!/bin/sh
for word; do [ "$last" = --dir ] && folder=$word; last=$word; done
"{sim}" "$@" || exit
[ "$folder" ] || exit 0
sleep 0.5
head -c 18000000 /dev/zero >> "$folder/agent.x86_64.iso"
"""

# What is in moto, told by AWS's own client.
BUCKETS = """
import boto3, json, sys
url, access, secret = json.load(sys.stdin)
s3 = boto3.client('s3', endpoint_url=url, aws_access_key_id=access, aws_secret_access_key=secret, region_name='us-east-1')
names = [it['Name'] for it in s3.list_buckets()['Buckets'] if it['Name'].startswith('bench-')]
print(json.dumps({name: {
    'objects': sorted(it['Key'] for it in s3.list_objects_v2(Bucket=name).get('Contents', [])),
    'uploads': [it['Key'] for it in s3.list_multipart_uploads(Bucket=name).get('Uploads', [])],
} for name in names}))
if '--empty' in sys.argv:
    for name in names:
        for it in s3.list_object_versions(Bucket=name).get('Versions', []):
            s3.delete_object(Bucket=name, Key=it['Key'], VersionId=it['VersionId'])
        for it in s3.list_object_versions(Bucket=name).get('DeleteMarkers', []):
            s3.delete_object(Bucket=name, Key=it['Key'], VersionId=it['VersionId'])
        for it in s3.list_multipart_uploads(Bucket=name).get('Uploads', []):
            s3.abort_multipart_upload(Bucket=name, Key=it['Key'], UploadId=it['UploadId'])
        s3.delete_bucket(Bucket=name)
"""


class Fresh:
    """A bench of which nothing is there yet."""

    def __init__(self, folder, ansible, s3):
        self.folder, self.ansible, self.s3, self.machines = folder, ansible, s3, []
        folder.mkdir()
        self.temporary = folder / 'tmp'
        self.temporary.mkdir()
        ansible.env |= {'TMPDIR': str(self.temporary), 'HOME': str(folder / 'home')}
        (folder / 'home').mkdir()
        self.buckets('--empty')
        installer = folder / 'openshift-install'
        program = folder / 'sim'
        program.mkdir()
        (program / 'openshift-install').symlink_to(os.environ['BENCH_SIM'])
        installer.write_text(INSTALLER.format(sim=program / 'openshift-install'))
        installer.chmod(0o755)

        def start(machine, *options):
            self.machines.append(Machine(machine, folder / f'{machine}.log', *options).__enter__())
            return self.machines[-1]

        self.nas = start('truenas')
        self.bench = Bench({
            's3': self, 'truenas': self.nas, 'mirror': self,
            'idrac': start('idrac', '--generation', '13', '--password', SECRETS['idrac_password']),
        }, folder, ansible)
        self.bench.variables |= {
            's3_access_key': s3['access_key'], 's3_secret_key': s3['secret_key'], 'bench_openshift_channel': '',
            'bench_openshift_installer': str(installer), 'bench_initiators': ['iqn.1994-05.com.redhat:bench1'],
        }

    @property
    def url(self):
        return self.s3['url']

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for machine in self.machines:
            machine.__exit__(None, None, None)

    def buckets(self, *args):
        given = json.dumps([self.s3['url'], self.s3['access_key'], self.s3['secret_key']])
        told = subprocess.run([Path(os.environ['MOTO_VENV']) / 'bin/python', '-c', BUCKETS, *args], input=given,
                              capture_output=True, text=True, check=True, env={'PATH': '/usr/bin:/bin', 'PYTHONDONTWRITEBYTECODE': '1'})
        return json.loads(told.stdout)

    def rows(self, table):
        request = urllib.request.Request(f'{self.nas.url}/api/v2.0/{table}',
                                         headers={'Authorization': f'Bearer {SECRETS["truenas_api_key"]}'})
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)

    def files(self):
        """All that is on this machine, but what Ansible itself leaves."""
        all_of_it = (str(it.relative_to(self.folder)) for it in self.folder.rglob('*'))
        return sorted(it for it in all_of_it if not re.search(r'home/\.ansible|tmp/ansible|\.log$', it))

    def looks(self):
        """What is there, in all machines and on this one."""
        nas = {table: len(self.rows(table)) for table in TABLES}
        zvols = [it['id'] for it in self.rows('pool/dataset') if it['type'] == 'VOLUME']
        return self.bench.looks() | {'buckets': self.buckets(), 'nas': nas, 'zvols': zvols, 'files': self.files(), 'processes': self.processes()}

    def processes(self):
        """What still runs of an earlier run."""
        own = {machine.process.pid for machine in self.machines} | {os.getpid()}
        found = []
        for entry in Path('/proc').glob('[0-9]*'):
            try:
                words = (entry / 'cmdline').read_bytes().replace(b'\0', b' ').decode(errors='replace')
            except OSError:
                continue
            if str(self.folder) in words and int(entry.name) not in own:
                found.append(words)
        return found


@pytest.fixture(scope='module')
def whole():
    """How long a whole run takes, and what is there then; both filled by the first test."""
    return {}


def of_a_whole_run(whole, folder, ansible, s3):
    if not whole:
        with Fresh(folder / 'whole', ansible, s3) as fresh:
            began = time.monotonic()
            fresh.bench.run('full_deployment').ok()
            whole['time'] = time.monotonic() - began
            whole['looks'] = fresh.looks()
            assert whole['looks']['nas'] == TABLES and len(whole['looks']['zvols']) == 1, whole
            assert [it['uploads'] for it in whole['looks']['buckets'].values()] == [[], []], whole
            assert whole['looks']['inserted'] == [False] and whole['looks']['next'] == 'None', whole
    return whole


def last_task(process):
    """Where a run has been ended."""
    stdout, _ = process.communicate(timeout=WAIT)
    return ([line for line in stdout.splitlines() if line.startswith('TASK')] or ['before the first task'])[-1]


def end(process, kind):
    """SIGKILL leaves nothing of the run; the others are for ansible-playbook alone, which has to see to the rest."""
    if kind == 'SIGKILL':
        os.killpg(process.pid, signal.SIGKILL)
    elif process.poll() is None:
        process.send_signal(signal.Signals[kind])


@pytest.mark.parametrize('kind', ['SIGKILL', 'SIGTERM', 'SIGINT'] if KILLS else ['SIGKILL'])
def test_a_run_that_is_ended_at_any_moment_is_completed_by_the_next(whole, ansible, s3, tmp_path, kind):
    expected = of_a_whole_run(whole, tmp_path, ansible, s3)
    chance = random.Random(f'{SEED} {kind}')
    print(f'KILL_SEED={SEED}; a whole run takes {whole["time"]:.1f} s', file=sys.stderr)
    for number in range(KILLS or 1):
        moment = chance.uniform(0, expected['time'])
        with Fresh(tmp_path / f'{kind}-{number}', ansible, s3) as fresh:
            process = fresh.bench.start('full_deployment')
            time.sleep(moment)
            end(process, kind)
            process.wait(WAIT)
            # At once, as somebody would who sees the prompt again: what the first run began may still be at work.
            completed = fresh.bench.run('full_deployment')
            where = f'{kind} after {moment:.1f} s of KILL_SEED={SEED}, {last_task(process)}'
            print(where, file=sys.stderr)
            assert completed.rc == 0, f'{where}\n{completed}'
            # The table that this run shows at its end is that of a second look at every step.
            assert 'still not as it should be' not in completed.stdout, where
            looks = fresh.looks()
            different = {key: (looks[key], expected['looks'][key]) for key in looks if looks[key] != expected['looks'][key]}
            assert not different, f'{where}\n{json.dumps(different, indent=1)}\n{completed}'
