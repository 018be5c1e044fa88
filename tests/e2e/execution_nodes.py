"""Execution nodes: each has a home, processes and a network of its own, in which nothing answers but SUMS. A job is sent there over `ssh`."""

import contextlib
import os
import shlex
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from servers import STOP

OURS = [] if os.geteuid() == 0 else ['--user']  # only root may do without a user namespace
UNSHARE = ['unshare', *OURS, *(['--map-root-user'] if OURS else []), '--net', '--pid', '--mount-proc', '--fork', '--kill-child']
# The first process of a node: it lives until its input ends, and everything on the node with it. Nobody has to wait for its children.
INIT = 'trap "" CHLD && ip link set lo up && echo up && exec cat'
LISTEN = """
import socket, sys
port, channel = map(int, sys.argv[1:])
listener = socket.create_server(('127.0.0.1', port))
socket.send_fds(socket.socket(fileno=channel), [b'.'], [listener.fileno()])
"""
SSH = """#!/bin/sh
# Stands in for ssh: runs a command on a node, in its home, with nothing of this environment.
node=$1; shift
exec "$(dirname "$0")/../$node/login" "$*"
"""


def no_namespaces():
    """Why nodes can't have networks and processes of their own here; empty if they can."""
    try:
        tried = subprocess.run([*UNSHARE, 'sh', '-c', INIT], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    except OSError as error:
        return str(error)
    return '' if tried.returncode == 0 else tried.stderr.strip() or f'unshare ended with {tried.returncode}'


class Node:
    """A node on which the server is reached at its usual address."""

    def __init__(self, name, folder, server, is_apart):
        self.home = folder / name
        (self.home / 'tmp').mkdir(parents=True)
        self._init = self._listener = None
        entering = self._begin(urlsplit(server.url).port) if is_apart else []
        self._login = [*entering, 'env', '-i', '-C', self.home, f'HOME={self.home}', f'TMPDIR={self.home}/tmp', 'LC_ALL=C.UTF-8',
                       f'PATH={sys.prefix}/bin:/usr/bin:/bin:/usr/sbin:/sbin']
        login = self.home / 'login'
        login.write_text(f'#!/bin/sh\nexec {shlex.join(map(str, self._login))} sh -c "exec $*"\n')
        login.chmod(0o755)

    def _begin(self, port):
        """Starts the node; returns what lets a command enter it."""
        self._init = subprocess.Popen([*UNSHARE, 'sh', '-c', INIT], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self._init.stdout.readline() == b'up\n'
        first, = Path(f'/proc/{self._init.pid}/task/{self._init.pid}/children').read_text().split()
        entering = ['nsenter', '--target', first, *OURS, *(['--preserve-credentials'] if OURS else []), '--net', '--pid', '--mount']
        ours, theirs = socket.socketpair()
        with ours, theirs:
            subprocess.run([*entering, sys.executable, '-c', LISTEN, str(port), str(theirs.fileno())], pass_fds=[theirs.fileno()], check=True)
            _, (number,), _, _ = socket.recv_fds(ours, 1, 1)
        self._listener = socket.socket(fileno=number)
        threading.Thread(target=self._relay, args=[port], daemon=True).start()
        return entering

    def _relay(self, port):
        """Takes what the node sends to this port of its own to the same port here, where the server is."""
        while True:
            try:
                there, _ = self._listener.accept()
            except OSError:  # the node has ended
                return
            here = socket.create_connection(('127.0.0.1', port))
            for source, target in (there, here), (here, there):
                threading.Thread(target=carry, args=[source, target], daemon=True).start()

    def run(self, *command):
        """What a command on the node prints."""
        return subprocess.run([*self._login, *command], capture_output=True, text=True, check=True).stdout.strip()

    def kill_job(self):
        """Kills the `ansible-runner worker` of this node, and its `ansible-playbook`, which ignores the hang-up and would stay."""
        worker = None
        for process in Path('/proc').glob('[0-9]*'):
            with contextlib.suppress(OSError):  # it has ended meanwhile
                if b'worker' in (process / 'cmdline').read_bytes().split(b'\0') and (process / 'cwd').resolve() == self.home:
                    worker = process
        assert worker, f'no worker on {self.home.name}'
        children = [child for task in worker.glob('task/*/children') for child in task.read_text().split()]
        assert children, f'no job on {self.home.name}'
        for number in worker.name, *children:
            os.kill(int(number), signal.SIGKILL)

    def stop(self):
        """Ends the node, and every process on it at once."""
        if self._init and self._init.poll() is None:
            self._init.stdin.close()
            self._init.wait(STOP)
            self._init.stdout.close()
            self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()


def carry(source, target):
    """Sends everything from one connection on to the other one, to the end."""
    try:
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:  # one of the two hung up, so must the other one
        for connection in (source, target):
            connection.close()


@pytest.fixture(scope='session')
def apart():
    """Why nodes have no networks of their own on this machine; empty if they have."""
    return no_namespaces()


@pytest.fixture
def nodes(tmp_path, sums, apart):
    """The nodes of these names, by name; a shell that has their `bin` in its PATH reaches them over `ssh`."""
    ssh = tmp_path / 'nodes/bin/ssh'
    ssh.parent.mkdir(parents=True)
    ssh.write_text(SSH)
    ssh.chmod(0o755)
    with contextlib.ExitStack() as running:
        def start(*names):
            found = {name: Node(name, tmp_path / 'nodes', sums, not apart) for name in names}
            for node in found.values():
                running.callback(node.stop)
            return found

        yield start
