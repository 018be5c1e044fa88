"""An SSH server on 127.0.0.1 for Ansible's connection ssh: prints its port, then serves until stopped.

`ssh_server.py HOST_KEY AUTHORIZED_KEYS HOME PATH`: commands run in HOME, and find programs in PATH only.
"""

import asyncio
import subprocess
import sys

import asyncssh

host_key, authorized, home, path = sys.argv[1:]


async def run(client):
    """Runs one command as sshd does: by a shell, in the home folder."""
    shell = await asyncio.create_subprocess_exec(
        '/bin/sh', '-c', client.command, cwd=home, env={'HOME': home, 'PATH': path, 'LC_ALL': 'C.UTF-8'},
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    await client.redirect(stdin=shell.stdin, stdout=shell.stdout, stderr=shell.stderr)
    code = await shell.wait()
    await client.stdout.drain()
    client.exit(code if code >= 0 else 128 - code)


async def main():
    server = await asyncssh.listen(
        '127.0.0.1', 0, server_host_keys=[host_key], authorized_client_keys=authorized, process_factory=run, encoding=None,
        line_editor=False, sftp_factory=True)
    print(server.get_port(), flush=True)
    await server.wait_closed()

asyncio.run(main())
