#!/usr/bin/python
"""What hatci_update_status does, as a usual Python module: one read of one event, with Ansible's own HTTP client."""
from __future__ import annotations

import json
from urllib.parse import quote

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.urls import fetch_url


def main():
    module = AnsibleModule(
        argument_spec=dict(
            base_url=dict(type='str', required=True),
            token=dict(type='str', required=True, no_log=True),
            event_id=dict(type='str', required=True),
            validate_certs=dict(type='bool', default=True),
            timeout=dict(type='int', default=30),
        ),
        supports_check_mode=True,
    )
    url = '%s/api/v1/events/%s' % (module.params['base_url'].rstrip('/'), quote(module.params['event_id'], safe=''))
    headers = {'Authorization': 'Bearer ' + module.params['token'], 'Accept': 'application/json'}
    answer, info = fetch_url(module, url, headers=headers, timeout=module.params['timeout'])
    if info['status'] != 200:
        module.fail_json(msg='GET %s: %s' % (url, info['msg']), status=info['status'])
    event = json.load(answer)
    module.exit_json(changed=False, state=event.get('state', event.get('status')), status=event)


if __name__ == '__main__':
    main()
