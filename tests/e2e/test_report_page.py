"""The page of a report in Chromium: wide and narrow, light, dark and printed, for one vehicle and for a thousand."""

import itertools
import os
import zlib
from pathlib import Path

import pytest
import yaml
from conftest import ROOT
from reports import HOSTILE, Module, hostile, vehicles

pytest.importorskip('websocket', reason='what drives a browser is not installed here')
import chromium  # noqa: E402

AXE = Path(os.environ.get('REPORT_JUDGES', '')) / 'axe.min.js'
if not (chromium.program() and AXE.is_file()):
    pytest.skip('there is no browser here (cargo xtask fetch browser)', allow_module_level=True)
PICTURE = ROOT / 'pictures/report.png'
SIZES = {'1': vehicles(1), '50': vehicles(50), '1000': vehicles(1000), 'live': vehicles(60, running=25), 'hostile': hostile()}


@pytest.fixture(scope='module')
def browser():
    with chromium.Chromium() as started:
        yield started


@pytest.fixture(scope='module')
def reports(collections, tmp_path_factory):
    """The folder of the report of each of SIZES."""
    module = Module(collections, tmp_path_factory.mktemp('reports'))
    links = {'ara_url': 'https://ara.example.com/playbooks/1.html', 'job_url': 'https://aap.example.com/#/jobs/4711'}
    return {name: module(f'r{name}', results=given, **links) for name, given in SIZES.items()}


def overflow(page):
    """By how many pixels it is wider than the window."""
    return page.run('document.documentElement.scrollWidth - innerWidth')


def numbers(page):
    """The numbers at the top, by what they count."""
    tiles = page.run('[...document.querySelectorAll(".numbers li")].map(one => one.innerText.split(/\\s+/))')
    return {' '.join(words): int(number) for number, *words in tiles}


def counted(given):
    names = {'PASS': 'passed', 'FAIL': 'failed', 'unknown': 'without a verdict', 'not_tested': 'not tested', 'running': 'running'}
    count = {words: sum(one['status'] == status for one in given.values()) for status, words in names.items()}
    shown = {words: number for words, number in count.items() if number or words in ('passed', 'failed')}
    return {'vehicle' if len(given) == 1 else 'vehicles': len(given)} | shown


@pytest.mark.parametrize('size, width, dark', list(itertools.product(SIZES, (1280, 400), (False, True))))
def test_the_page_has_the_numbers_of_the_run_and_fits_the_window(browser, reports, size, width, dark):
    with browser.open(reports[size] / 'report.html', width=width, dark=dark) as page:
        assert overflow(page) == 0
        assert numbers(page) == counted(SIZES[size])
        assert page.run('document.querySelectorAll("#table tbody tr").length') == len(SIZES[size])
        assert page.run('document.querySelectorAll(".bars li").length') == len(SIZES[size])
        assert page.complaints == []
        assert page.requests == [(reports[size] / 'report.html').as_uri()]


@pytest.mark.parametrize('size, width, dark', [(size, *how) for size in ('1', '50', 'live', 'hostile')
                                               for how in itertools.product((1280, 400), (False, True))] + [('1000', 1280, False)])
def test_axe_finds_nothing_that_keeps_people_from_using_it(browser, reports, size, width, dark):
    with browser.open(reports[size] / 'report.html', width=width, dark=dark) as page:
        page.run(AXE.read_text() + ';0')
        found = page.run('axe.run().then(done => [done.passes.length, done.violations.map(one => [one.id, one.nodes[0].html])])')
        assert found[0] > 10 and found[1] == []


@pytest.mark.parametrize('size', ['1', '50', 'hostile'])
def test_it_is_printed_whole_and_in_dark_letters(browser, reports, size):
    with browser.open(reports[size] / 'report.html', width=800, dark=True, media='print') as page:
        assert overflow(page) == 0
        assert page.run('getComputedStyle(document.body).color') == 'rgb(27, 31, 36)'
        assert page.run('getComputedStyle(document.getElementById("filter")).display') == 'none'
        ids = page.run('[...document.querySelectorAll("td details div")].every(one => one.checkVisibility({contentVisibilityAuto: true}))')
        assert ids
        assert page.pdf().startswith(b'%PDF')


def test_the_page_of_a_thousand_vehicles_is_small(reports):
    assert (reports['1000'] / 'report.html').stat().st_size < 2_000_000


def test_hostile_texts_are_texts(browser, reports):
    with browser.open(reports['hostile'] / 'report.html') as page:
        page.run('document.querySelectorAll("details").forEach(one => { one.open = true; })')
        rows = page.run('''[...document.querySelectorAll("#table tbody tr")].map(row => [
            row.querySelector("th details > bdi, th > bdi").textContent.trim(), row.querySelector(".reason details > bdi, .reason > bdi").textContent])''')
        assert [name for name, _ in rows] == list(HOSTILE.values())
        assert [' '.join(reason.split()) for _, reason in rows] == list(HOSTILE.values())
        links = page.run('[...document.querySelectorAll("a")].map(one => one.protocol)')
        assert set(links) == {'https:', 'file:'}
        assert page.run('document.querySelectorAll("img, iframe, object, script").length') == 1
        assert page.complaints == []


def test_no_script_but_its_own_runs(browser, reports, tmp_path):
    text = (reports['1'] / 'report.html').read_text().replace('</main>', '</main><script>document.title = "taken over"</script>')
    (tmp_path / 'report.html').write_text(text)
    with browser.open(tmp_path / 'report.html') as page:
        assert page.run('document.title') == 'PASS: Winter campaign'
        assert 'Content Security Policy' in str(page.complaints)


def test_without_scripts_all_is_there_but_sorting_and_filtering(browser, reports):
    with browser.open(reports['50'] / 'report.html', script=False) as page:
        page.call('Emulation.setScriptExecutionDisabled', value=False)
        assert page.run('document.getElementById("filter").hidden && !document.querySelector("th button")')
        assert page.run('[...document.querySelectorAll("#table tbody tr")].filter(one => one.checkVisibility()).length') == 50


SHOWN = '[...document.querySelectorAll("#table tbody tr")].filter(one => !one.hidden)'


def test_the_table_is_sorted_and_filtered_by_keyboard_and_stays_so(browser, reports):
    with browser.open(reports['50'] / 'report.html') as page:
        while page.run('document.activeElement.textContent') != 'Time':
            page.press('Tab', code='Tab')
        order = []
        for _ in range(2):
            page.press('Enter')
            order.append((page.run('document.activeElement.closest("th").ariaSort'), page.run(f'{SHOWN}.map(one => +one.cells[2].dataset.value)')))
        (first, upwards), (second, downwards) = order
        assert (first, second) == ('ascending', 'descending')
        assert upwards == sorted(upwards) and downwards == sorted(upwards, reverse=True)
        page.run('document.querySelector("#filter input").focus()')
        page.call('Input.insertText', text='VEHICLE_001')
        page.run('document.querySelector("#filter select").value = "pass"')
        page.run('document.querySelector("#filter select").dispatchEvent(new Event("input", {bubbles: true}))')
        expected = [host for host, one in SIZES['50'].items() if host.startswith('vehicle_001') and one['status'] == 'PASS']
        names = f'{SHOWN}.map(one => one.cells[0].querySelector("bdi").textContent).sort()'
        assert page.run(names) == expected
        assert page.run('document.querySelector("#filter [role=status]").textContent') == f'{len(expected)} of 50 vehicles'
        page.call('Page.reload')
        browser.wait_for(page.session, 'Page.loadEventFired')
        assert page.run(names) == expected
        assert page.run('document.querySelectorAll("th")[2].ariaSort') == 'descending'


def test_a_page_that_is_open_shows_the_fleet_live(browser, collections, tmp_path):
    module = Module(collections, tmp_path)
    folder = module(results=vehicles(20, running=15), refresh=1)
    with browser.open(folder / 'report.html') as page:
        assert numbers(page)['running'] == 15
        module(results=vehicles(20), refresh=1)
        while numbers(page).get('running'):
            browser.wait_for(page.session, 'Page.loadEventFired')
        assert numbers(page) == counted(vehicles(20))
        assert not page.run('document.querySelector("meta[http-equiv=refresh]")')


def fleet(server):
    """A real run: twelve vehicles, updated by roles of the collection, four at a time. One refuses, and one finds no power."""
    role = {'ansible.builtin.include_role': {'name': 'hatci.automation.hatci_request_update'}}
    wait = {'ansible.builtin.include_role': {'name': 'hatci.automation.hatci_wait_for_update'}}
    report = {'ansible.builtin.include_role': {'name': 'hatci.automation.hatci_report_results'}}
    test = {'vin': '{{ hatci_vin }}', 'event_id': '{{ target_event_id }}', 'ansible_job_id': '1', 'git_sha': 'x', 'suite_name': 'winter'}
    tasks = [role,
             {'hatci.automation.hatci_test_event': test, 'register': 'test'},
             {'ansible.builtin.fail': {'msg': 'The power of the bench is off. Switch it on.'}, 'when': 'inventory_hostname == "vehicle_07"'},
             {'hatci.automation.hatci_deploy_event': {'event_id': '{{ target_event_id }}'}, 'register': 'deployment'},
             wait | {'vars': {'hatci_deployment_id': '{{ deployment.deployment_id }}'}},
             report | {'vars': {'hatci_test_status': 'PASS', 'hatci_test_summary': 'Updated from 2024.01.01 to 2024.02.01.'}}]
    failed = report | {'vars': {
        'hatci_test_status': '{{ "FAIL" if deployment is defined else "not_tested" }}', 'hatci_test_summary': '{{ ansible_failed_result.msg }}'}}
    software = [{'ecu_name': name, 'part_number': 'P', 'sw_version': version} for name, version in (('Gateway', '1.4.2'), ('Telematics', '3.1.0'))]
    return [{'hosts': 'all', 'connection': 'local', 'gather_facts': False, 'strategy': 'free', 'tasks': [{'block': tasks, 'rescue': [failed]}],
             'vars': server.variables | {
                 'hatci_test_event_id': '{{ test.test_event_id }}', 'hatci_tester_name': 'kim', 'hatci_program_name': 'Winter',
                 'hatci_model_year': '2026', 'hatci_region': 'US', 'hatci_source_build_level': '2024.01.01', 'hatci_target_build_level': '2024.02.01',
                 'hatci_source_ecus': software, 'hatci_target_ecus': [one | {'sw_version': '4.0.0'} for one in software],
                 'hatci_poll_interval_seconds': 1, 'hatci_report_title': 'Winter campaign', 'hatci_report_environment': 'winter-tools 4.2',
                 'hatci_artifact_urls': ['https://logs.example.com/winter/{{ inventory_hostname }}/flash.log']}}]


def test_the_picture_in_the_readme_is_that_of_a_real_run(browser, ansible, start_sums_sim, tmp_path):
    vins = [f'1HGBH41JXMN{109186 + at:06}' for at in range(12)]
    server = start_sums_sim('--scenario', f'{vins[4]}=fail:Gateway refused the signature', step='1500ms')
    hosts = {f'vehicle_{at:02}': {'hatci_vin': vin} for at, vin in enumerate(vins)}
    inventory = tmp_path / 'inventory.yml'
    inventory.write_text(yaml.safe_dump({'all': {'hosts': hosts}}))
    folder = tmp_path / 'report'
    run = ansible.playbook(fleet(server), '-i', inventory, '-f', 4, variables={'hatci_report_dir': str(folder)}).ok()
    with browser.open(folder / 'report.html', width=1280) as page:
        assert numbers(page) == {'vehicles': 12, 'passed': 10, 'failed': 1, 'not tested': 1}, run
        assert page.run('document.querySelectorAll(".bars rect.updating").length') >= 10
        assert 'Gateway 1.4.2 → 4.0.0' in page.run('document.querySelector("#table").innerText')
        picture = page.picture(tmp_path / 'report.png', height=900)
    small = smaller(picture.read_bytes())
    if os.environ.get('REWRITE_PICTURE'):
        PICTURE.parent.mkdir(exist_ok=True)
        PICTURE.write_bytes(small)
    for picture in (small, PICTURE.read_bytes()):
        assert picture.startswith(b'\x89PNG') and len(picture) < 150_000


def smaller(png):
    """The same picture, packed as small as zlib can."""
    chunks, at = [], 8
    while at < len(png):
        size = int.from_bytes(png[at:at + 4], 'big')
        chunks.append((png[at + 4:at + 8], png[at + 8:at + 8 + size]))
        at += size + 12
    data = zlib.compress(zlib.decompress(b''.join(content for kind, content in chunks if kind == b'IDAT')), 9)
    kept = [one for one in chunks if one[0] == b'IHDR'] + [(b'IDAT', data), (b'IEND', b'')]
    return png[:8] + b''.join(len(content).to_bytes(4, 'big') + kind + content + zlib.crc32(kind + content).to_bytes(4, 'big')
                              for kind, content in kept)
