use super::*;
use serde_json::Map;

const INSTALL: &str = r#"
apiVersion: v1
baseDomain: bench.example
metadata:
  name: bench1   # the cluster
networking:
  networkType: OVNKubernetes
  machineNetwork: [{cidr: 192.0.2.0/24}]
controlPlane: {name: master, replicas: 1}
compute: [{name: worker, replicas: 0}]
platform: {none: {}}
pullSecret: '{"auths": {"quay.example": {"auth": "a2ltOmh1c2g0NzEx"}}}'
sshKey: ssh-ed25519 AAAAkey kim@laptop
"#;
const AGENT: &str = r"
apiVersion: v1beta1
kind: AgentConfig
metadata: {name: bench1}
rendezvousIP: 192.0.2.10
minimalISO: true
hosts:
  - hostname: r630
    role: master
    interfaces: [{name: eno1, macAddress: 52:54:00:12:34:56}]
    rootDeviceHints: {deviceName: '/dev/disk/by-path/ip-198.51.100.2:3260-iscsi-iqn.2005-10.org.freenas.ctl:bench1-lun-0'}
";

fn document(option: &'static str, text: &str) -> Document {
    Document::given(option, &Value::from(text)).unwrap()
}

fn checked(install: &str, agent: &str) -> Result<Inputs, Error> {
    Inputs::check(document("install_config", install), Some(document("agent_config", agent)), &[])
}

fn refused(install: &str, agent: &str) -> String {
    let error = checked(install, agent).unwrap_err();
    assert_eq!(error.kind(), server_trust::Kind::Invalid);
    let said = error.to_string();
    assert!(!said.contains("hush4711") && !said.contains("a2ltOmh1c2g0NzEx"), "{said}");
    said
}

fn release() -> Release {
    Release { version: Version::parse("4.18.9").unwrap(), commit: "abc".into() }
}

#[test]
fn comments_order_and_layout_make_no_other_iso_and_anything_else_does() {
    let hash = |install: &str, agent: &str| checked(install, agent).unwrap().hash(&release());
    let first = hash(INSTALL, AGENT);
    let shuffled = INSTALL.replace("   # the cluster", "").replace("baseDomain: bench.example\n", "")
        + "# at the end\nbaseDomain: \"bench.example\"\n";
    assert_eq!(hash(&shuffled, AGENT), first);
    assert_eq!(hash(&INSTALL.replace("kim@laptop", "somebody else"), AGENT), first);
    assert_eq!(hash(&INSTALL.replace("\"auths\": {", "\"auths\":{ "), AGENT), first);
    let mapping = document("install_config", INSTALL).content;
    let as_mapping = Document::given("install_config", &Value::from(mapping)).unwrap();
    let as_mapping = Inputs::check(as_mapping, Some(document("agent_config", AGENT)), &[]).unwrap();
    assert_eq!(as_mapping.hash(&release()), first);

    assert_ne!(hash(&INSTALL.replace("AAAAkey", "AAAAother"), AGENT), first);
    assert_ne!(hash(&INSTALL.replace("bench.example", "other.example"), AGENT), first);
    assert_ne!(hash(INSTALL, &AGENT.replace("192.0.2.10", "192.0.2.11")), first);
    let newer = Release { version: Version::parse("4.18.10").unwrap(), ..release() };
    assert_ne!(checked(INSTALL, AGENT).unwrap().hash(&newer), first);
    let other_build = Release { commit: "def".into(), ..release() };
    assert_ne!(checked(INSTALL, AGENT).unwrap().hash(&other_build), first);
}

#[test]
fn what_is_wrong_with_an_install_config_is_said_before_anything_is_started() {
    for (from, to, why) in [
        ("apiVersion: v1", "apiVersion: v2", "apiVersion is not v1"),
        ("baseDomain: bench.example", "", "baseDomain is missing"),
        ("name: bench1   #", "nam: bench1 #", "metadata.name is missing"),
        ("pullSecret:", "pullSecre:", "pullSecret is missing"),
        ("a2ltOmh1c2g0NzEx", "????", "pullSecret can't be used: its `auth` for quay.example"),
        ("sshKey: ssh-ed25519 AAAAkey kim@laptop", "", "sshKey is missing"),
        ("ssh-ed25519 AAAAkey", "hush", "sshKey is not a public key"),
        ("replicas: 1", "replicas: 0", "controlPlane.replicas is 0"),
        ("replicas: 0", "replicas: 2", "one node has 2 workers"),
        ("none: {}", "baremetal: {}", "one node has the platform baremetal"),
        ("OVNKubernetes", "OpenShiftSDN", "the networkType OVNKubernetes"),
        ("name: bench1 ", "name: bench_1 ", "metadata.name is \"bench_1\""),
        ("name: bench1 ", "name: Bench1 ", "metadata.name is \"Bench1\""),
        ("bench.example", "bench_.example", "baseDomain is \"bench_.example\""),
        ("replicas: 1", "replicas: 2", "controlPlane.replicas is 2"),
        ("replicas: 1", "replicas: 7", "controlPlane.replicas is 7"),
        ("192.0.2.0/24", "192.0.2.0/99", "networking.machineNetwork[0].cidr is \"192.0.2.0/99\""),
        ("192.0.2.0/24}]", "192.0.2.0/24}, {}]", "networking.machineNetwork[1].cidr is missing"),
        (
            "machineNetwork:",
            "serviceNetwork: [172.30.1.0/16]\n  machineNetwork:",
            "serviceNetwork[0] is \"172.30.1.0/16\"",
        ),
        ("machineNetwork: [", "clusterNetwork: [{hostPrefix: 23}, ", "clusterNetwork[0].cidr is missing"),
        ("[{cidr: 192.0.2.0/24}]", "192.0.2.0/24", "machineNetwork is not a list"),
        ("name: master,", "name: master, architecture: sparc,", "architecture is \"sparc\""),
    ] {
        let said = refused(&INSTALL.replace(from, to), AGENT);
        assert!(said.starts_with("install_config: ") && said.contains(why), "{said}");
    }
    let without_network = INSTALL.replace("  machineNetwork: [{cidr: 192.0.2.0/24}]\n", "");
    checked(&without_network, AGENT).unwrap();
    checked(&INSTALL.replace("replicas: 1}", "replicas: 2}\narbiter: {name: arbiter, replicas: 1}"), AGENT)
        .unwrap();
    let three = INSTALL
        .replace("replicas: 1", "replicas: 3")
        .replace("none: {}", "baremetal: {apiVIPs: [192.0.2.5]}");
    assert!(refused(&three, AGENT).contains("ingressVIPs is missing"));
}

#[test]
fn what_is_wrong_with_an_agent_config_is_said_before_anything_is_started() {
    let two = "  - hostname: other\n    interfaces: [{name: eno1, macAddress: 52-54-00-12-34-56}]\n";
    for (from, to, why) in [
        ("v1beta1", "v2", "apiVersion is not v1beta1"),
        ("minimalISO", "minimalIso", "the field \"minimalIso\" is unknown"),
        ("role:", "rol:", "the field \"rol\" of host r630 is unknown"),
        ("deviceName", "devicename", "the field \"devicename\" in rootDeviceHints of host r630"),
        ("role: master", "role: boss", "the role of host r630"),
        ("[{name: eno1, macAddress: 52:54:00:12:34:56}]", "[]", "has no interfaces"),
        ("52:54:00:12:34:56", "52:54", "macAddress \"52:54\""),
        ("rendezvousIP: 192.0.2.10", "", "rendezvousIP is missing"),
        ("192.0.2.10", "nowhere", "is not an IP address"),
        ("192.0.2.10", "198.51.100.10", "not in the machine network of install_config (192.0.2.0/24)"),
        ("hostname: r630", "hostname: r_630", "the hostname \"r_630\""),
        ("hostname: r630", "hostname: localhost", "the hostname \"localhost\""),
        ("role: master", "role: worker", "1 hosts with the role worker"),
    ] {
        let said = refused(INSTALL, &AGENT.replace(from, to));
        assert!(said.starts_with("agent_config: ") && said.contains(why), "{said}");
    }
    let said = refused(INSTALL, &format!("{AGENT}{two}"));
    assert!(said.contains("52:54:00:12:34:56 belongs to host r630 and to host other"), "{said}");
    let another = two.replace("56", "57");
    assert!(refused(INSTALL, &format!("{AGENT}{another}")).contains("there are 2 hosts"));
}

#[test]
fn a_target_name_with_an_underscore_is_refused_since_no_machine_boots_from_it() {
    let said = refused(INSTALL, &AGENT.replace(":bench1-lun-0", ":bench_1-lun-0"));
    assert!(said.contains("no machine can boot from a target with an underscore in its name"), "{said}");
}

#[test]
fn an_iscsi_disk_needs_the_minimal_iso_and_openshift_4_18() {
    let version = |text: &str| Version::parse(text).unwrap();
    let inputs = checked(INSTALL, AGENT).unwrap();
    inputs.check_for(&version("4.18.0")).unwrap();
    let said = inputs.check_for(&version("4.17.30")).unwrap_err().to_string();
    assert!(said.contains("Choose 4.18 or later"), "{said}");
    let inputs = checked(INSTALL, &AGENT.replace("minimalISO: true", "")).unwrap();
    let said = inputs.check_for(&version("4.18.0")).unwrap_err().to_string();
    assert!(said.contains("`minimalISO: true`"), "{said}");
}

#[test]
fn a_rendezvous_address_of_a_worker_is_refused() {
    let install = INSTALL
        .replace("replicas: 0", "replicas: 1")
        .replace("replicas: 1}\ncompute", "replicas: 3}\ncompute")
        .replace("none: {}", "baremetal: {apiVIPs: [192.0.2.5], ingressVIPs: [192.0.2.6]}");
    let network = "    networkConfig: {interfaces: [{name: eno1, ipv4: {address: [{ip: 192.0.2.10}]}}]}\n";
    let agent = AGENT.replace("role: master", "role: worker") + network;
    assert!(refused(&install, &agent).contains("is the address of r630, a worker"));
    checked(&install, &(AGENT.to_owned() + network)).unwrap();
}

#[test]
fn the_installer_gets_the_text_as_it_was_given_and_a_pull_secret_on_one_line() {
    let inputs = checked(INSTALL, AGENT).unwrap();
    assert_eq!(inputs.install.text(), INSTALL);
    let mut content: Map<String, Value> = document("install_config", INSTALL).content;
    content["pullSecret"] = json!({ "auths": { "quay.example": { "auth": "a2ltOmh1c2g0NzEx" } } });
    let as_mapping = Document::given("install_config", &Value::from(content)).unwrap();
    let inputs = Inputs::check(as_mapping, None, &[]).unwrap();
    let written: Value = crate::document::yaml(&inputs.install.text()).unwrap();
    assert_eq!(written["pullSecret"], "{\"auths\":{\"quay.example\":{\"auth\":\"a2ltOmh1c2g0NzEx\"}}}");
}

#[test]
fn manifests_are_read_from_files_and_folders_and_their_comments_make_no_difference() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.yaml");
    let hash = |text: &str| {
        fs::write(&file, text).unwrap();
        let both = [Document::given("install_config", &INSTALL.into()).unwrap()];
        Inputs::check(both[0].clone(), None, &[folder.path().into()]).unwrap().hash(&release())
    };
    let first = hash("kind: A\nname: b\n");
    assert_eq!(hash("# comment\nname: b\nkind: A\n"), first);
    assert_ne!(hash("kind: B\nname: b\n"), first);
    let other = folder.path().join("a.txt");
    fs::write(&other, "").unwrap();
    let both = Document::given("install_config", &INSTALL.into()).unwrap();
    let said = Inputs::check(both, None, &[other]).unwrap_err().to_string();
    assert!(said.contains("does not end in .yaml"), "{said}");
    let refused = |path: PathBuf| {
        let both = Document::given("install_config", &INSTALL.into()).unwrap();
        Inputs::check(both, None, &[path]).unwrap_err().to_string()
    };
    for name in ["nope", "nope.yaml"] {
        let said = refused(folder.path().join(name));
        assert!(said.contains(name) && said.contains("does not exist") && !said.contains("Rename"), "{said}");
    }
}

#[test]
fn secrets_are_known_also_of_an_install_config_that_is_no_good() {
    let broken = INSTALL.replace("apiVersion: v1", "").replace("a2ltOmh1c2g0NzEx", "????");
    let secrets = Inputs::secrets_of(&document("install_config", &broken));
    assert!(secrets.contains(&"????".to_owned()) && secrets.contains(&"AAAAkey".to_owned()), "{secrets:?}");
    let with_bmc =
        INSTALL.replace("none: {}", "none: {}, baremetal: {hosts: [{bmc: {password: calvin-4711}}]}");
    assert!(Inputs::secrets_of(&document("install_config", &with_bmc)).contains(&"calvin-4711".to_owned()));
    let secrets = checked(INSTALL, AGENT).unwrap().secrets();
    assert!(secrets.contains(&"hush4711".to_owned()), "{secrets:?}");
}

#[test]
fn a_text_is_taken_for_one_on_a_single_line_too_and_nothing_that_may_be_a_secret_is_shown() {
    let content = Value::from(document("install_config", INSTALL).content);
    let json = content.to_string();
    assert_eq!(document("install_config", &json).content, *content.as_object().unwrap());
    let auth = "a2ltOmh1c2g0NzEx";
    let folded = INSTALL.trim().replace('\n', " ");
    for (given, why) in [
        (json[..json.len() - 1].to_owned(), "not valid YAML: see line 1"),
        (folded, "not valid YAML: see line 1"),
        (format!("pullSecret: {auth}"), "apiVersion is not v1"),
        (format!("{{'{auth}': 1, '{auth}': 2}}"), "not valid YAML"),
        (format!("[{auth}]"), "not a mapping"),
        (auth.to_owned(), "the value is taken for a path, but can't be read"),
        (format!("pullSecret:{auth}"), "taken for a path"),
        (format!("{auth}\u{1b}.yaml"), "taken for a path"),
        (format!("'{auth}'"), "not a mapping"),
        ("nowhere.yaml".into(), "\"nowhere.yaml\" can't be read"),
        ("~/nowhere".into(), "\"~/nowhere\" can't be read"),
    ] {
        let value = Value::from(given.as_str());
        assert_eq!(Document::may_be_secret(&value), !given.contains("nowhere"), "{given}");
        let refused = Document::given("install_config", &value).and_then(|it| Inputs::check(it, None, &[]));
        let said = refused.unwrap_err().to_string();
        assert!(said.contains(why) && !said.contains(auth), "{given}: {said}");
    }
}

#[test]
fn a_password_within_a_configuration_is_known_whatever_it_is_made_of() {
    let agent = AGENT.to_owned()
        + "    networkConfig: {interfaces: [{name: eno1, 802.1x: {private-key-password: hushhush}}]}\n";
    assert_eq!(Inputs::secrets_of(&document("agent_config", &agent)), ["hushhush"]);
    let bmc = INSTALL.replace("none: {}", "none: {}, baremetal: {hosts: [{bmc: {password: calvin}}]}");
    assert!(Inputs::secrets_of(&document("install_config", &bmc)).contains(&"calvin".to_owned()));
}
