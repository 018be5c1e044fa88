"""Reports for the tests: vehicles of all kinds, and the module `hatci_report` that writes them."""

import json
import platform
import random
import subprocess
from datetime import datetime, timedelta, timezone

START = datetime(2026, 11, 20, 22, 0, tzinfo=timezone.utc)
# Of each, what it has to be shown as, in one line.
HOSTILE = {
    '<script>alert(1)</script>': '<script>alert(1)</script>',
    '</script><img src=x onerror=alert(1)>': '</script><img src=x onerror=alert(1)>',
    '"onmouseover="alert(1)" x=\'': '"onmouseover="alert(1)" x=\'',
    '{{ 7 * 7 }} {% raw %} ]]> --> &amp; &#60;': '{{ 7 * 7 }} {% raw %} ]]> --> &amp; &#60;',
    '| a | **b** [c](http://d) `e` @everyone # f :smile: www.g.h': '| a | **b** [c](http://d) `e` @everyone # f :smile: www.g.h',
    '\u202eright \u2066to\u2069 left': '\ufffdright \ufffdto\ufffd left',
    'NUL \0 bell \a escape \x1b[31m \x7f \x85 \ufffe': 'NUL \ufffd bell \ufffd escape \ufffd[31m \ufffd \ufffd \ufffd',
    'emoji 🚗 👩\u200d🔧 ❤️ 🇰🇷': 'emoji 🚗 👩\u200d🔧 ❤️ 🇰🇷',
    'עברית العربية 自動車 ไทย': 'עברית العربية 自動車 ไทย',
    'line\nbreak \t tab': 'line break tab',
    'x' * 10_000: 'x' * 10_000,
    ('long words ' * 1000).strip(): ('long words ' * 1000).strip(),
}


def at(seconds):
    return (START + timedelta(seconds=seconds)).isoformat().replace('+00:00', 'Z')


def vehicles(count, running=0, seed=1):
    """So many outcomes, by host. The last ones are running."""
    chance = random.Random(seed)
    return {f'vehicle_{number:04}': vehicle(number, number >= count - running, chance) for number in range(count)}


def vehicle(number, is_running, chance):
    began, took = number // 10 * 60 + chance.randrange(20), 300 + chance.randrange(400)
    status = 'running' if is_running else chance.choices(['PASS', 'FAIL', 'not_tested', 'unknown'], [86, 9, 4, 1])[0]
    found = {'status': status, 'vin': f'1HGBH41JXMN{109186 + number:06}', 'started': at(began)}
    if status == 'not_tested':
        why = f'4. Acquire the bench: The bench vehicle_{number:04} was not free within 3600 s.'
        return found | {'finished': at(began + 3), 'seconds': 3.2, 'summary': why}
    found |= {
        'states': [{'state': 'PENDING', 'at': at(began + 15)}, {'state': 'IN_PROGRESS', 'at': at(began + 15 + chance.randrange(60))}],
        'ecus': [{'ecu_name': 'Gateway', 'from': '1.4.2', 'to': '2.0.0'}, {'ecu_name': 'Telematics', 'from': '3.1.0', 'to': '3.2.0'},
                 {'ecu_name': 'Head unit', 'from': '7.0'}],
        'environment': 'winter-tools 4.2', 'lease_name': f'ansible-vehicle-{number:04}-3f2a9c1d7e40',
        'source_event_id': f'EVT-{2 * number:06}', 'target_event_id': f'EVT-{2 * number + 1:06}',
        'deployment_id': f'DEP-{number:06}', 'test_event_id': f'TEV-{number:06}',
        'artifact_urls': [f'https://logs.example.com/winter/vehicle_{number:04}/flash.log']}
    if is_running:
        return found | {'summary': 'install, 61 %'}
    found['states'].append({'state': 'COMPLETE' if status == 'PASS' else 'FAILED', 'at': at(began + took - 20)})
    found |= {'finished': at(began + took), 'seconds': float(took)}
    found['summary'] = {
        'PASS': f'Updated {found["vin"]} from 2024.01.01 to 2024.02.01.',
        'FAIL': chance.choice([f'7. Wait for the update: deployment DEP-{number:06} failed: Gateway refused the signature.',
                               '8. Verify the vehicle: The head unit reports 7.0, not 7.1.']),
        'unknown': 'The job was killed while the vehicle updated.'}[status]
    return found


def hostile():
    """Vehicles whose every text is hostile."""
    found = {}
    for text in HOSTILE:
        every = {name: text for name in ('vin', 'summary', 'environment', 'source_event_id', 'deployment_id', 'lease_name')}
        found[text] = {'status': 'FAIL', **every, 'ecus': [{'ecu_name': text, 'from': text, 'to': text + '2'}], 'started': at(0),
                       'states': [{'state': text, 'at': at(5)}], 'artifact_urls': [text, 'javascript:alert(1)', 'https://a.example/' + text]}
    return found


class Module:
    """The program `hatci_report` of the installed collection."""

    def __init__(self, collections, folder):
        self.program = collections / f'ansible_collections/hatci/automation/plugins/modules/__{platform.machine()}__/hatci_report'
        self.folder = folder

    def __call__(self, name='report', **options):
        """Writes a report into the folder of this name; returns the folder."""
        path = self.folder / name
        path.mkdir(exist_ok=True)
        arguments = self.folder / f'{name}.json'
        arguments.write_text(json.dumps({'report_dir': str(path), 'title': 'Winter campaign'} | options))
        run = subprocess.run([self.program, arguments], capture_output=True, text=True, check=False)
        assert run.returncode == 0, run
        self.result = json.loads(run.stdout)
        return path
