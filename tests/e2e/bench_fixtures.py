"""A bench whose machines are stand-ins: S3, TrueNAS, an iDRAC8, and a mirror of OpenShift's releases."""

import json
import os
import subprocess
from contextlib import ExitStack

import pytest
from servers import Server

PULL_SECRET = 'a2ltOmh1c2g0NzEx'  # kim:hush4711
SECRETS = {
    's3_secret_key': 'planted-secret-key', 'idrac_password': 'planted-calvin',
    'truenas_api_key': '1-Zq8mVx3LrT0pYc6WnBd2HsKf9GjXa5UeRi7OoQwEtMlCvNyPzAbSxDgFhJkL1234',
}
CHAP_SECRET = 'plantedsecret'
INSTALL = {
    'apiVersion': 'v1', 'baseDomain': 'bench.example', 'metadata': {'name': 'bench1'},
    'controlPlane': {'name': 'master', 'replicas': 1}, 'compute': [{'name': 'worker', 'replicas': 0}], 'platform': {'none': {}},
    'pullSecret': json.dumps({'auths': {'quay.example': {'auth': PULL_SECRET}}}), 'sshKey': 'ssh-ed25519 AAAAplantedkey kim@laptop',
}
AGENT = {
    'apiVersion': 'v1beta1', 'kind': 'AgentConfig', 'rendezvousIP': '127.0.0.1',
    'hosts': [{'hostname': 'r630', 'interfaces': [{'name': 'eno1', 'macAddress': '52:54:00:12:34:56'}]}],
}


class Machine(Server):
    """One of the stand-ins."""

    def __init__(self, machine, log, *options):
        self.log = log
        with open(log, 'a', encoding='utf-8') as errors:
            self.process = subprocess.Popen(
                [os.environ['BENCH_SIM'], '--exit-with-parent', machine, *options], env={'PATH': '/usr/bin:/bin'},
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors)
        self.url = self._first_line()


class Bench:
    """Machines, and the variables to build a bench of them."""

    def __init__(self, machines, folder, ansible):
        self.ansible = ansible
        self.folder = folder / 'bench1'
        for name, content in ('install-config.yaml', INSTALL), ('agent-config.yaml', AGENT):
            (folder / name).write_text(json.dumps(content))
        self.variables = {
            **SECRETS, 'bench_name': 'bench1', 'bench_dir': str(self.folder),
            's3_endpoint': machines['s3'].url, 's3_access_key': 'AKIDEXAMPLE',
            'openshift_mirror': machines['mirror'].url, 'openshift_cache': str(folder / 'cache'), 'bench_openshift_channel': 'stable-4.18',
            'bench_install_config': str(folder / 'install-config.yaml'), 'bench_agent_config': str(folder / 'agent-config.yaml'),
            'truenas_url': machines['truenas'].url, 'truenas_username': 'bench', 'bench_volume': 'tank/benches/bench1',
            'bench_volume_size': '20G', 'bench_target_address': '198.51.100.7', 'bench_chap': {'user': 'bench1', 'secret': CHAP_SECRET},
            'idrac_url': machines['idrac'].url, 'idrac_username': 'root', 'bench_adapter': 'NIC.Integrated.1-1-1',
            'bench_boot_order': ['PXE'], 'bench_boot_wait': 0,
        }

    def start(self, playbook, *args, **variables):
        return self.ansible.start_playbook(f'hatci.automation.bench_{playbook}', *args, variables=self.variables | variables)

    def run(self, playbook, *args, **variables):
        return self.ansible.finish(self.start(playbook, *args, **variables))

    def looks(self):
        """What is there, as the modules that only read see it."""
        tasks = [
            {'name': 'isos', 'hatci.automation.s3_artifact_info': {'bucket': 'bench-private'}, 'failed_when': False},
            {'name': 'published', 'hatci.automation.s3_artifact_info': {'bucket': 'bench-public'}, 'failed_when': False},
            {'name': 'nas', 'hatci.automation.truenas_info': {}},
            {'name': 'server', 'hatci.automation.idrac_info': {}},
        ]
        run = self.ansible.playbook([{'hosts': 'localhost', 'gather_facts': False, 'tasks': tasks}], variables=self.variables).ok()
        keys = [[it['key'] for it in run[name].get('artifacts', []) if not it['key'].endswith('/')] for name in ('isos', 'published')]
        server, nas = run['server'], run['nas']
        return {
            'private': keys[0], 'public': keys[1], 'luns': [(it['iqn'], it['lun'], it['volume']) for it in nas['luns']],
            'orphans': nas['orphans'], 'inserted': [it['inserted'] for it in server['media']], 'next': server['boot']['next'],
            'waiting': [it['state'] for it in server['jobs'] if it['state'] in ('Scheduled', 'Running')],
            'target': server['nics'][0]['iscsi']['PrimaryTargetName'],
        }


@pytest.fixture
def bench(tmp_path, ansible):
    with ExitStack() as machines:
        def start(machine, *options):
            return machines.enter_context(Machine(machine, tmp_path / f'{machine}.log', *options))

        yield Bench({
            's3': start('s3'), 'truenas': start('truenas'), 'mirror': start('mirror'),
            'idrac': start('idrac', '--generation', '13', '--password', SECRETS['idrac_password']),
        }, tmp_path, ansible)
