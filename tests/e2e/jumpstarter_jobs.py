"""Jobs that hold or await a bench, for tests of what becomes of their leases."""

from pathlib import Path

from jumpstarter_fixtures import PATIENCE, lease, play_at, processes, until

TERM = {'lease_ttl': '6s'}
HOURS = {'duration': '5h'}


class Job:
    """An ansible-playbook that holds the lease `mine` on `bench` until it is told to go on."""

    def __init__(self, lab, controller, *after, **options):
        self.lab, self.controller = lab, controller
        self.holds, self.signal = lab.folder / 'holds', lab.folder / 'go-on'
        tasks = [
            lease('acquire', {'exporter': 'bench', 'lease_name': 'mine'} | TERM | HOURS | options),
            {'name': 'hold', 'changed_when': False, 'ansible.builtin.shell':
                f'touch {self.holds}; timeout 600 sh -c "until test -e {self.signal}; do sleep 0.2; done"'},
            *after,
        ]
        self.process = lab.start_playbook([play_at(controller, tasks)])

    def held(self):
        """Once its next task runs."""
        until(self.holds.exists, 'the bench')
        return self

    def log(self):
        logs = Path(self.lab.env['XDG_RUNTIME_DIR']).glob('*/*.log')
        return ''.join(log.read_text() for log in logs)

    def keeper(self):
        found = processes('--job-guard', self.lab.env['XDG_RUNTIME_DIR'])
        assert len(found) == 1, found
        return found[0]

    def go_on(self):
        self.signal.touch()
        return self.lab.finish(self.process)


class Waiting(Job):
    """An ansible-playbook that waits for `bench`, which another client holds."""

    def __init__(self, lab, controller, **options):
        holder = lease('hold', {'exporter': 'bench', 'lease_name': 'holder', 'keepalive': False})
        lab.playbook([play_at(controller, [holder], client='other')]).ok()
        super().__init__(lab, controller, **options)
        until(lambda: 'Pending' in controller.leases.get('mine', {}).get('conditions', {}), 'a pending lease')

    def module(self):
        """The process of the module: not of another test, whose collection lies elsewhere, and not the keeper."""
        found = processes(self.lab.env['ANSIBLE_COLLECTIONS_PATH'], 'jumpstarter_lease', '/proc/self/fd')
        assert len(found) == 1, found
        return found[0]


def extended(controller):
    return lambda: controller.lease('mine')['duration'] > 6
