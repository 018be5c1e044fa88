"""A repository of environments as their page draws it: a package with two environments, a definition with its schema, Terraform modules, a chart."""

import json

SECRET = 's3cr3t-t0ken-of-proxmox'
KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMTFRAPyVUyJbbbJdZmrN4wZCyxZPmVSZ8Rm0pJrJzxk kim@example.com'
FILES = {'terraform': 'terraform.tfvars', 'provisioner': 'provisioner.json', 'kubesprayInventory': 'inventory',
         'kubesprayConfig': 'kubespray.json', 'business': 'business.yaml'}
PACKAGE = {
    'id': 'core', 'version': 'v0.2.0',
    'environments': [{'name': 'development', 'files': FILES}, {'name': 'staging', 'files': FILES | {'terraform': 'staging.tfvars'}}],
}
PROVISIONER = {
    'staticConfig': {'baseImage': 'ubuntu-24.04', 'artifactFormat': 'raw', 'kernelTweaks': [{'name': 'vm.swappiness', 'value': 10}]},
    'dynamicConfig': {'sshUsers': [{'name': 'kim', 'authorizedKeys': [KEY]}], 'roles': {'k8s-master': {'hostnamePrefix': 'master'}}},
    'artifacts': {'local': {'directory': 'build'}, 'remote': {'enabled': False, 'bucket': '', 'prefix': ''}},
}
SCHEMA = 'uri: sizes_schema\nschema:\n  type: object\n  items:\n    name: {type: string}\n    cores: {type: integer, minimum: 1}\n  required: [name, cores]\n'
INVENTORY = f"""[kube_control_plane]
master-1 ansible_host=192.0.2.1 ansible_password={SECRET}

[etcd]
master-1

[kube_node:children]
workers

[workers]
worker-1
worker-2
"""
KUBESPRAY = {
    'inventory': {'name': 'pn-development', 'source': '../kubespray/inventory/pn-development'},
    'ssh': {'keyPath': '~/.ssh/id_kubespray', 'user': 'ubuntu'},
    'image': {'repository': 'quay.io/kubespray/kubespray', 'version': 'v2.28.1'},
    'cluster': {'name': 'pn-development', 'kubeVersion': 'v1.32.8'},
}
BUSINESS = """applications:
  - name: orders
    namespace: shop
    path: apps/orders
    repoURL: https://git.example.com/shop.git
    targetRevision: v1.4.0
"""
TERRAFORM = """variable "api_token" { type = string }
variable "nodes" {
  type = list(string)
  default = []
}
resource "terraform_data" "node" {
  for_each = toset(var.nodes)
  input = "${each.key} of MODULE"
}
resource "terraform_data" "login" { input = var.api_token }
output "nodes" { value = [for node in terraform_data.node : node.input] }
"""
CHART = """{{- range .Values.applications }}
---
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata:
  name: {{ .name }}
  namespace: argocd
spec:
  project: business
  source:
    path: {{ .path }}
    repoURL: {{ .repoURL }}
    targetRevision: {{ .targetRevision }}
  destination:
    namespace: {{ .namespace }}
    server: https://kubernetes.default.svc
{{- end }}
"""
TERRAFORM_MODULES = 'infrastructure/platforms/proxmox/terraform'
APPS = 'business/charts/cluster-apps'


def write(folder, files):
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text if isinstance(text, str) else json.dumps(text))


def lay_out(folder):
    """Write the repository into this folder."""
    write(folder, {
        'config/packages/core/package.json': PACKAGE,
        'config/packages/core/terraform.tfvars': f'api_token = "{SECRET}"\nnodes = ["k8s-1", "k8s-2"]\n',
        'config/packages/core/staging.tfvars': f'api_token = "{SECRET}"\nnodes = ["stage-1"]\n',
        'config/packages/core/provisioner.json': PROVISIONER,
        'config/packages/core/kubespray.json': KUBESPRAY,
        'config/packages/core/business.yaml': BUSINESS,
        'config/packages/core/inventory/inventory.ini': INVENTORY,
        'config/packages/core/inventory/group_vars/k8s_cluster/k8s-cluster.yml': 'kube_network_plugin: calico\n',
        'api/schemas/sizes.schema.yml': SCHEMA,
        'api/definitions/sizes/small.yml': 'name: small\ncores: 2\n',
        **{f'{TERRAFORM_MODULES}/{name}/main.tf': TERRAFORM.replace('MODULE', name) for name in ('templates', 'pools', 'nodes')},
        f'{APPS}/Chart.yaml': 'apiVersion: v2\nname: cluster-apps\nversion: 0.1.0\n',
        f'{APPS}/values.yaml': 'applications: []\n',
        f'{APPS}/templates/applications.yaml': CHART,
    })


def log_in(home):
    """Put the key for ssh there, and a kubeconfig where kubespray leaves it."""
    write(home, {'.ssh/id_kubespray': 'a key\n', 'kubernetes/core-development/artifacts/admin.conf': 'a kubeconfig\n'})
    (home / '.ssh/id_kubespray').chmod(0o600)
