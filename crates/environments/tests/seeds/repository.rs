//! A repository with one package, whose outputs are generated.
use environments::{Name, Package, Place, Root, SeedRequest};
use serde_json::{Value, json};
use std::{fs, path::PathBuf};
use tempfile::TempDir;

pub(crate) const KEY: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f kim@example.com";

pub(crate) struct Repository {
    folder: TempDir,
}

impl Repository {
    pub(crate) fn new() -> Self {
        Self::with(|_| ())
    }

    /// With this change of provisioner.json.
    pub(crate) fn with(change: impl Fn(&mut Value)) -> Self {
        let repository = Repository { folder: TempDir::new().unwrap() };
        let package = json!({
            "id": "core", "version": "v0.2.0",
            "environments": [{ "name": "development", "files": { "provisioner": "development.provisioner.json" } }],
        });
        repository.write("config/packages/core/package.json", &package.to_string());
        repository.write(SOURCE, &configuration().to_string());
        repository.change(change);
        repository
    }

    /// Changes provisioner.json and generates the outputs.
    pub(crate) fn change(&self, change: impl Fn(&mut Value)) {
        let mut config = serde_json::from_slice(&fs::read(self.at(SOURCE)).unwrap()).unwrap();
        change(&mut config);
        self.write(SOURCE, &config.to_string());
        let root = Root::at(self.folder.path()).unwrap();
        let package = Package::read(&root, &Name::parse("core").unwrap()).unwrap();
        environments::generate(&self.place(), &package, package.environment("development").unwrap()).unwrap();
    }

    pub(crate) fn at(&self, path: &str) -> PathBuf {
        self.folder.path().canonicalize().unwrap().join(path)
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        fs::create_dir_all(self.at(path).parent().unwrap()).unwrap();
        fs::write(self.at(path), text).unwrap();
    }

    pub(crate) fn request(&self, hosts: &[&str]) -> SeedRequest {
        SeedRequest {
            uploaded_to: None,
            place: self.place(),
            root: self.folder.path().canonicalize().unwrap(),
            role: Name::parse("k8s-master").unwrap(),
            hosts: hosts.iter().map(|host| (*host).to_owned()).collect(),
            home: Some(self.at("home")),
        }
    }

    pub(crate) fn build(request: &SeedRequest) {
        let plan = environments::plan_seeds(request).unwrap();
        environments::build_seeds(request, &plan).unwrap();
    }

    fn place(&self) -> Place {
        Place::new(&self.at("api/outputs"), &Name::parse("development").unwrap()).unwrap()
    }
}

const SOURCE: &str = "config/packages/core/development.provisioner.json";

fn configuration() -> Value {
    json!({
        "staticConfig": {
            "baseImage": "ubuntu-24.04", "artifactFormat": "qcow2", "kernalTweaks": [],
            "kernelTweaks": [
                { "name": "net.bridge.bridge-nf-call-iptables", "value": 1 },
                { "name": "net.ipv4.ip_forward", "value": 1 },
            ],
        },
        "dynamicConfig": {
            "sshUsers": [{ "name": "kim", "authorizedKeys": [KEY] }],
            "roles": {
                "k8s-master": { "hostnamePrefix": "k8s-master-", "packages": ["kubeadm", "kubelet", "curl"], "filesystems": { "root": "40G" } },
                "bare": {},
            },
        },
        "artifacts": {
            "local": { "directory": "provisioner/outputs" },
            "remote": { "enabled": true, "bucket": "b", "prefix": "images/" },
        },
    })
}
