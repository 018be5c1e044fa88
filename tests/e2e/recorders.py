"""Programs that stand for a container engine and for a cluster: they record how they were called, and do what the test says."""

import json
import sys
from pathlib import Path

PROGRAM = '''#!{python}
import json, os, pathlib, signal, subprocess, sys, time
here = pathlib.Path({folder!r})
name, words = {name!r}, sys.argv[1:]
said = json.loads((here / (name + '.json')).read_text())
inventory = [word.split('source=')[1].split(',')[0] for word in words if 'target=/kubespray/inventory/runtime' in word]
files = {{str(path.relative_to(inventory[0])): path.read_text() for path in pathlib.Path(inventory[0]).rglob('*') if path.is_file()}} if inventory else {{}}


def record(**more):
    with open(here / 'calls.jsonl', 'a') as calls:
        calls.write(json.dumps({{'program': name, 'argv': words, 'files': files, 'environment': dict(os.environ), **more}}) + '\\n')


record()
answer = said.get(words[0], {{}}) if words else {{}}
if answer.get('really'):
    sys.exit(subprocess.run([answer['really'], *words]).returncode)
signal.signal(signal.SIGINT, lambda *_: record(signal='SIGINT'))
signal.signal(signal.SIGTERM, lambda *_: record(signal='SIGTERM'))
end = time.monotonic() + answer.get('seconds', 0)
while time.monotonic() < end and not (here / 'stopped').exists():
    time.sleep(0.05)
if words[:1] == ['stop']:
    (here / 'stopped').touch()
print(answer.get('stdout', ''))
print(answer.get('stderr', ''), file=sys.stderr)
sys.exit(answer.get('rc', 0))
'''


class Recorders:
    """Programs in a folder of their own."""

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir()

    def add(self, name, **answers):
        """A program of this name, with a dict for each first word: stdout, stderr, rc, seconds that it takes, or another program that it really is."""
        (self.folder / f'{name}.json').write_text(json.dumps(answers))
        program = self.folder / name
        program.write_text(PROGRAM.format(python=sys.executable, folder=str(self.folder), name=name))
        program.chmod(0o755)

    def calls(self, program, *first):
        """How this program was called with these first words."""
        path = self.folder / 'calls.jsonl'
        calls = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
        return [call for call in calls if call['program'] == program and call['argv'][:len(first)] == list(first)]

    def forget(self):
        for name in ('calls.jsonl', 'stopped'):
            Path(self.folder / name).unlink(missing_ok=True)
