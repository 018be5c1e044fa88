"""A repository of environments as their page draws it: a package with one environment, and one definition with its schema."""

import json

SECRET = 's3cr3t-t0ken-of-proxmox'
KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMTFRAPyVUyJbbbJdZmrN4wZCyxZPmVSZ8Rm0pJrJzxk kim@example.com'
PACKAGE = {
    'id': 'core', 'version': 'v0.2.0',
    'environments': [{'name': 'development', 'files': {
        'terraform': 'terraform.tfvars', 'provisioner': 'provisioner.json', 'kubesprayInventory': 'inventory'}}],
}
PROVISIONER = {
    'staticConfig': {'baseImage': 'ubuntu-24.04', 'artifactFormat': 'raw', 'kernelTweaks': [{'name': 'vm.swappiness', 'value': 10}]},
    'dynamicConfig': {'sshUsers': [{'name': 'kim', 'authorizedKeys': [KEY]}], 'roles': {'k8s-master': {'hostnamePrefix': 'master'}}},
    'artifacts': {'local': {'directory': 'build'}, 'remote': {'enabled': False, 'bucket': '', 'prefix': ''}},
}
SCHEMA = 'uri: sizes_schema\nschema:\n  type: object\n  items:\n    name: {type: string}\n    cores: {type: integer, minimum: 1}\n  required: [name, cores]\n'


def lay_out(folder):
    """Write the repository into this folder."""
    files = {
        'config/packages/core/package.json': json.dumps(PACKAGE),
        'config/packages/core/terraform.tfvars': f'api_token = "{SECRET}"\n',
        'config/packages/core/provisioner.json': json.dumps(PROVISIONER),
        'config/packages/core/inventory/inventory.ini': '[kube_control_plane]\nmaster-1\n',
        'api/schemas/sizes.schema.yml': SCHEMA,
        'api/definitions/sizes/small.yml': 'name: small\ncores: 2\n',
    }
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
