"""How the way to the controller can fail: certificates, tokens, clocks, lost answers, proxies, and where the configuration lies."""

import contextlib
import json
import os
import socket
import threading
from pathlib import Path

import pytest
from ansible_run import play
from jumpstarter_fixtures import NAMESPACE, lease, play_at, token, until

ACQUIRE = {'exporter': 'bench', 'lease_name': 'mine', 'keepalive': False}


def acquire(lab, controller, client='ci', env=None, **options):
    return lab.playbook([play_at(controller, [lease('acquire', ACQUIRE | options)], client=client)], env=env)


@pytest.mark.parametrize('kind', ['self-signed', 'self-signed-ca', 'signed'])
def test_certificates_that_jmp_accepts_are_accepted(lab, jmp, start_controller, kind):
    controller = start_controller('--certificate', kind)
    jmp.ok('get', 'leases', '--client-config', controller.client())
    acquire(lab, controller).ok()


@pytest.mark.parametrize('kind', ['expired', 'wrong-name'])
@pytest.mark.parametrize('tls', ['trusted', 'insecure'])
def test_certificates_that_jmp_refuses_are_refused(lab, jmp, start_controller, kind, tls):
    controller = start_controller('--certificate', kind)
    if tls == 'insecure':
        controller.write_client('ci', controller.tokens['ci'], tls={'insecure': True})
    assert jmp.run('get', 'leases', '--client-config', controller.client()).returncode == 1
    assert acquire(lab, controller)['acquire']['error']['kind'] == 'tls'
    assert controller.tell()['calls'] == {}


@pytest.mark.parametrize('kind', ['self-signed', 'self-signed-ca', 'signed'])
def test_another_ca_is_refused(lab, jmp, start_controller, kind):
    controller = start_controller('--certificate', kind)
    stranger = start_controller('--certificate', kind, state='stranger.json')
    controller.write_client('ci', controller.tokens['ci'], tls={'ca': stranger.ca})
    assert jmp.run('get', 'leases', '--client-config', controller.client()).returncode == 1
    assert acquire(lab, controller)['acquire']['error']['kind'] == 'tls'
    assert controller.tell()['calls'] == {}


@pytest.mark.parametrize('kind', ['self-signed', 'self-signed-ca', 'signed'])
def test_insecure_takes_any_certificate_with_the_right_name(lab, jmp, start_controller, kind):
    controller = start_controller('--certificate', kind)
    controller.write_client('ci', controller.tokens['ci'], tls={'insecure': True})
    jmp.ok('get', 'leases', '--client-config', controller.client())
    acquire(lab, controller).ok()


def test_another_name_in_the_certificate_can_be_expected(lab, jmp, start_controller):
    controller = start_controller('--certificate', 'wrong-name')
    controller.write_client('ci', controller.tokens['ci'],
                            grpcOptions={'grpc.ssl_target_name_override': 'elsewhere.example'})
    jmp.ok('get', 'leases', '--client-config', controller.client())
    acquire(lab, controller).ok()


@pytest.mark.parametrize('change, words', [
    ({'token': 'wrong'}, 'failed to authenticate token'),
    ({'metadata': {'namespace': NAMESPACE, 'name': 'other'}}, 'permission denied for client lab/other'),
    ({'metadata': {'namespace': 'elsewhere', 'name': 'ci'}}, 'namespace mismatch'),
])
def test_a_client_that_is_not_let_in_is_told_why(lab, controller, change, words):
    controller.write_client('ci', controller.tokens['ci'], **change)
    run = acquire(lab, controller)
    assert run['acquire']['error']['kind'] == 'auth'
    assert words in run['acquire']['msg']
    assert controller.tokens['ci'] not in run.stdout + run.stderr


def test_an_expired_token_is_told_with_its_remedy(lab, controller):
    controller.tell(expired_tokens=[controller.tokens['ci']])
    run = acquire(lab, controller)
    assert run['acquire']['error']['kind'] == 'auth'
    assert '`jmp auth refresh --client ci`' in run['acquire']['msg']


def test_a_token_that_is_renewed_meanwhile_is_picked_up(lab, start_controller):
    """The first call finds the token expired; by the time it is told so, the file holds a new one."""
    old, new = token('ci', expires_in=3600), token('ci', expires_in=7200)
    controller = start_controller(clients={'ci': new, 'other': token('other')}, expired_tokens=[old],
                                  slow={'GetLease': 3})
    controller.write_client('ci', old)
    process = lab.start_playbook([play_at(controller, [lease('acquire', ACQUIRE)])])
    until(lambda: controller.tell()['calls'].get('GetLease') == 1, 'the first call')
    controller.write_client('ci', new)
    lab.finish(process).ok()


@pytest.mark.parametrize('minutes', [-10, 10])
def test_a_clock_that_is_wrong_by_ten_minutes_does_no_harm(lab, start_controller, minutes):
    controller = start_controller(clock_offset=60 * minutes)
    held = {'lease_name': 'mine', 'lease_ttl': '6s'}
    run = lab.playbook([play_at(controller, [
        lease('acquire', {'exporter': 'bench', 'duration': '1h'} | held),
        {'name': 'work', 'ansible.builtin.command': 'sleep 7'},
        lease('verify', {'state': 'verified'} | held),
        lease('renew', {'state': 'renewed', 'duration': '2h'} | held),
        lease('release', {'state': 'released'} | held),
    ])]).ok()
    assert run.changed == ['acquire', 'work', 'renew', 'release']
    assert 0 < run['verify']['remaining'] <= 7
    assert controller.lease('mine')['conditions']['Ready']['reason'] == 'Released'


def test_a_create_whose_answer_is_lost_is_settled_by_name(lab, controller):
    controller.tell(lose_reply={'CreateLease': 1})
    run = acquire(lab, controller).ok()
    assert run['acquire']['exporter'] == 'bench'
    assert list(controller.leases) == ['mine']


@pytest.mark.parametrize('method', ['GetLease', 'UpdateLease', 'DeleteLease'])
def test_other_calls_are_repeated_when_the_answer_is_lost(lab, controller, method):
    controller.tell(lose_reply={method: 1})
    run = lab.playbook([play_at(controller, [
        lease('acquire', ACQUIRE),
        lease('renew', {'state': 'renewed', 'duration': '5h', 'lease_name': 'mine'}),
        lease('release', {'state': 'released', 'lease_name': 'mine'}),
    ])]).ok()
    assert run.changed == ['acquire', 'renew', 'release']
    assert controller.active == []


@pytest.mark.parametrize('method', ['CreateLease', 'GetLease', 'DeleteLease'])
def test_a_controller_that_is_unavailable_for_a_moment_is_asked_again(lab, controller, method):
    controller.tell(unavailable={method: 2})
    lab.playbook([play_at(controller, [
        lease('acquire', ACQUIRE), lease('release', {'state': 'released', 'lease_name': 'mine'})])]).ok()


def test_a_controller_that_is_not_there_is_told_with_its_address(lab, controller):
    controller.kill()
    run = acquire(lab, controller)
    assert run['acquire']['error']['kind'] == 'unavailable'
    assert controller.endpoint in run['acquire']['msg']


def test_a_silent_controller_is_given_up(lab, controller):
    controller.tell(silent=True)
    assert acquire(lab, controller)['acquire']['error']['kind'] == 'timeout'


def test_a_server_that_is_no_controller_is_told(lab, controller, answering):
    server = answering([b'HTTP/1.1 200 OK\r\n\r\n'])
    controller.write_client('ci', controller.tokens['ci'], endpoint=server.url.split('//')[1])
    run = acquire(lab, controller)
    assert run['acquire']['error']['kind'] == 'tls' and 'does not speak TLS' in run['acquire']['msg']


def test_the_environment_alone_makes_a_client(lab, controller):
    env = {'JMP_NAMESPACE': NAMESPACE, 'JMP_NAME': 'ci', 'JMP_ENDPOINT': controller.endpoint,
           'JMP_TOKEN': controller.tokens['ci'], 'JMP_TLS': json.dumps({'ca': controller.ca})}
    run = lab.playbook([play([lease('acquire', {'exporter': 'bench', 'lease_name': 'mine'})])], env=env).ok()
    assert run['acquire']['exporter'] == 'bench'
    assert controller.tokens['ci'] not in run.stdout + run.stderr


def test_a_client_is_found_by_its_name_or_as_the_users_current_one(lab, controller, jmp):
    clients = Path(lab.env['HOME']) / '.config/jumpstarter/clients'
    clients.mkdir(parents=True)
    os.symlink(controller.client(), clients / 'bench-lab.yaml')
    lab.playbook([play([lease('acquire', ACQUIRE | {'client': 'bench-lab'})])]).ok()
    missing = lab.playbook([play([lease('acquire', ACQUIRE)])])
    assert 'jmp config client use' in missing['acquire']['msg']
    jmp.env['HOME'] = lab.env['HOME']
    jmp.ok('config', 'client', 'use', 'bench-lab')
    lab.playbook([play([lease('acquire', ACQUIRE)])]).ok()


class ConnectProxy:
    """An HTTP proxy that opens tunnels, and remembers to where."""

    def __init__(self):
        self.listener = socket.create_server(('127.0.0.1', 0))
        self.address = '127.0.0.1:%d' % self.listener.getsockname()[1]
        self.requests = []
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            client, _ = self.listener.accept()
            head = b''
            while not head.endswith(b'\r\n\r\n'):
                head += client.recv(1)
            self.requests.append(head.decode())
            host, port = head.split()[1].decode().rsplit(':', 1)
            server = socket.create_connection((host, int(port)))
            client.sendall(b'HTTP/1.1 200 Connection established\r\n\r\n')
            for pair in ((client, server), (server, client)):
                threading.Thread(target=self._copy, args=pair, daemon=True).start()

    def _copy(self, source, target):
        with contextlib.suppress(OSError):  # the other side is gone
            while data := source.recv(65536):
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)


def test_a_proxy_is_used_as_jmp_uses_it(lab, controller, jmp):
    proxy = ConnectProxy()
    env = {'https_proxy': f'http://kim:secret@{proxy.address}'}
    jmp.env |= env
    jmp.ok('get', 'leases', '--client-config', controller.client())
    by_jmp = len(proxy.requests)
    acquire(lab, controller, env=env).ok()
    assert len(proxy.requests) > by_jmp > 0
    assert {request.splitlines()[0] for request in proxy.requests} == {f'CONNECT {controller.endpoint} HTTP/1.1'}
    assert all('Basic a2ltOnNlY3JldA==' in request for request in proxy.requests)
    before = len(proxy.requests)
    acquire(lab, controller, env=env | {'no_proxy': '127.0.0.1'}).ok()
    assert len(proxy.requests) == before
