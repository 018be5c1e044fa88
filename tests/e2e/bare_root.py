"""Does what a Containerfile says in folders that hold a bare Debian, and runs commands there as OpenShift would: what a container engine does,
as far as an execution environment needs it. Each stage is a copy of the folder of the one before."""

import json
import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

from conftest import ROOT

SUITE = 'bookworm'
AUTHORITIES = Path('/etc/ssl/certs/ca-certificates.crt')
NETWORK = ('http_proxy', 'https_proxy', 'no_proxy', 'HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'PIP_INDEX_URL', 'PIP_CERT')
PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
MOUNTED = 'mount -t proc proc {0}/proc && mount --rbind /dev {0}/dev && '
# Nothing of the root can be written but these two, as with readOnlyRootFilesystem.
READ_ONLY = ('mount --bind {0} {0} && mount -o remount,bind,ro {0} && mount -t tmpfs -o mode=1777 tmpfs {0}/tmp && mount --bind {1} {0}/runner && ')


class BareRoot:
    """What the Containerfile of this build context makes, in a `with` block."""

    USER = 1000700000  # one of those that OpenShift gives

    def __init__(self, context, folder, arguments):
        self.context, self.folder, self.given = context, folder / 'stages', arguments
        self.environment, self.roots, self.arguments = {}, {}, {}

    def __enter__(self):
        bare = ROOT / 'target/bare-root'
        if not (bare / 'done').exists():
            shutil.rmtree(bare, ignore_errors=True)
            packages = '--include=python3,python3-pip,python3-venv,ca-certificates'
            subprocess.run(['debootstrap', '--variant=minbase', packages, SUITE, bare], check=True, stdout=subprocess.DEVNULL)
            # Debian has switched it off, and brings pip itself; ansible-builder expects an image in which it works.
            (bare / 'usr/lib/python3.11/ensurepip/__main__.py').write_text('# pip is installed\n')
            (bare / 'done').touch()
        # What this machine trusts, and the way it takes to the network.
        shutil.copy(AUTHORITIES, bare / 'etc/ssl/certs')
        shutil.copy('/etc/resolv.conf', bare / 'etc/resolv.conf')
        self.roots[None] = bare
        self.folder.mkdir()
        (self.folder / 'runner').mkdir()
        text = re.sub(r'\\\n', ' ', (self.context / 'Containerfile').read_text())
        for line in text.splitlines():
            if line.strip() and not line.startswith('#'):
                word, _, rest = line.partition(' ')
                getattr(self, f'do_{word.lower()}')(rest.strip())
        os.chown(self.folder / 'runner', 0, 0)
        (self.folder / 'runner').chmod(0o770)
        return self

    def __exit__(self, *_):
        for stage, root in self.roots.items():
            if stage is not None:
                shutil.rmtree(root)

    def run(self, *command, env=None, check=True):
        """Runs this command in the finished environment, through its entry point."""
        drop = ['setpriv', '--reuid', str(self.USER), '--regid', '0', '--clear-groups', '--no-new-privs', '--inh-caps=-all', '--bounding-set=-all']
        return self._inside([*drop, *self.entry_point, *command], '/runner', {**self.environment, **(env or {})}, check,
                            READ_ONLY.format(self.root, self.folder / 'runner'))

    def _inside(self, command, folder, environment, check=True, mounts=''):
        inner = f'cd {shlex.quote(folder)} && exec ' + shlex.join(command)
        script = mounts + MOUNTED.format(self.root) + f'exec chroot {self.root} /bin/sh -c {shlex.quote(inner)}'
        ended = subprocess.run(['unshare', '--mount', '--pid', '--fork', '--propagation', 'private', 'sh', '-c', script], stdin=subprocess.DEVNULL,
                               capture_output=True, text=True, env={'PATH': PATH, 'LC_ALL': 'C.UTF-8', **environment})
        assert not check or ended.returncode == 0, f'{command} ended with {ended.returncode}\n{ended.stdout[-4000:]}\n{ended.stderr[-4000:]}'
        return ended

    def do_from(self, rest):
        source, _, name = re.fullmatch(r'(\S+)( AS (\S+))?', rest).groups()
        self.root = self.folder / name
        subprocess.run(['cp', '-a', self.roots.get(source, self.roots[None]), self.root], check=True)
        self.roots[name], self.work = self.root, '/'
        self.environment = {'PATH': PATH} if source not in self.roots else dict(self.environment)

    def do_arg(self, rest):
        name, given, value = rest.partition('=')
        if given:
            self.arguments[name] = self.given.get(name, ' '.join(shlex.split(value)))

    def do_env(self, rest):
        self.environment.update(word.split('=', 1) for word in shlex.split(rest))

    def do_run(self, rest):
        network = {name: os.environ[name] for name in NETWORK if name in os.environ}
        quiet = {'DEBIAN_FRONTEND': 'noninteractive', 'HOME': '/root'}
        self._inside(['/bin/sh', '-c', rest], self.work, {**network, **quiet, **self.arguments, **self.environment})

    def do_copy(self, rest):
        words = rest.split()
        origin = self.roots[words.pop(0).partition('=')[2]] if words[0].startswith('--from=') else self.context
        source, target = origin / words[0].lstrip('/'), self.root / words[1].lstrip('/')
        (target if source.is_dir() else target.parent).mkdir(parents=True, exist_ok=True)
        subprocess.run(['cp', '-a', f'{source}/.' if source.is_dir() else source, target], check=True)
        subprocess.run(['chown', '-R', '0:0', target], check=True)

    def do_workdir(self, rest):
        self.work = rest
        (self.root / rest.lstrip('/')).mkdir(parents=True, exist_ok=True)

    def do_entrypoint(self, rest):
        self.entry_point = json.loads(rest)

    def do_user(self, rest):
        assert rest in ('root', '1000')

    do_label = do_cmd = lambda self, rest: None
