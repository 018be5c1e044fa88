//! The real data path: what the module makes is a disk that an initiator can write to. tgt serves it, libiscsi is the initiator; both
//! come from the distribution; where they can't be downloaded, the test is skipped.
use super::{Options, SECRET, Truenas, VOLUME, and, changed, gone, refused, unit};
use serde_json::json;
use std::{
    fs,
    io::{BufRead, BufReader},
    net::TcpListener,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

const PACKAGES: [&str; 7] =
    ["tgt", "libiscsi7", "librdmacm1", "libibverbs1", "libaio1", "libnl-route-3-200", "libnl-3-200"];
const INITIATOR: &str = "iqn.1994-05.com.redhat:r630-01";

/// Ends with its owner.
struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The packages, unpacked; none where there is no apt, or no network.
fn unpacked() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("tgt");
    let root = folder.join("root");
    if root.join("complete").exists() {
        return Some(root);
    }
    fs::create_dir_all(&folder).ok()?;
    let fetched = Command::new("timeout")
        .args(["60", "apt-get", "-q", "download"])
        .args(PACKAGES)
        .current_dir(&folder)
        .stderr(Stdio::null())
        .output();
    if !fetched.is_ok_and(|it| it.status.success()) {
        return None;
    }
    for file in
        fs::read_dir(&folder).ok()?.flatten().filter(|it| it.path().extension().is_some_and(|it| it == "deb"))
    {
        let done = Command::new("dpkg").arg("-x").arg(file.path()).arg(&root).status();
        done.ok().filter(std::process::ExitStatus::success)?;
    }
    fs::write(root.join("complete"), "").ok()?;
    Some(root)
}

/// Where the packages have their libraries, as the loader wants it.
fn libraries(root: &Path) -> String {
    let folder = format!("lib/{}-linux-gnu", std::env::consts::ARCH);
    let at = |top: &str| root.join(top).join(&folder).display().to_string();
    [at("usr"), at("")].join(":")
}

/// A script that runs a program of the packages.
fn script(root: &Path, folder: &Path, program: &str) -> PathBuf {
    let file = folder.join(program);
    let (libraries, root) = (libraries(root), root.display());
    let socket = folder.join("ipc");
    let text = format!(
        "#!/bin/sh\nLD_LIBRARY_PATH='{libraries}' TGT_IPC_SOCKET='{}' exec '{root}/usr/sbin/{program}' \"$@\"\n",
        socket.display()
    );
    fs::write(&file, text).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
    file
}

/// tgt at a free port. It would take another one if that is taken meanwhile, so it is asked for what it has.
fn serve(root: &Path, folder: &Path) -> Option<(Killed, String)> {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut daemon = Command::new(script(root, folder, "tgtd"));
    let portal = format!("portal={free}");
    daemon.args(["-f", "--iscsi", &portal]).stdout(Stdio::null()).stderr(Stdio::null());
    let daemon = Killed(daemon.spawn().ok()?);
    let start = Instant::now();
    while std::net::TcpStream::connect(free).is_err() {
        if start.elapsed() > Duration::from_secs(20) {
            return None;
        }
        sleep(Duration::from_millis(50));
    }
    Some((daemon, free.to_string()))
}

/// An initiator that has written `text` and stays logged in.
fn written(root: &Path, portal: &str, iqn: &str, text: &str) -> Result<Killed, String> {
    let child = Command::new("python3")
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/modules/truenas/data_path.py"))
        .args(["libiscsi.so.7", INITIATOR, "bench", SECRET, portal, iqn, "1", text])
        .env("LD_LIBRARY_PATH", libraries(root))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let mut child = Killed(child.map_err(|e| e.to_string())?);
    let mut said = String::new();
    let stdout = child.0.stdout.take().unwrap();
    BufReader::new(stdout).read_line(&mut said).map_err(|e| e.to_string())?;
    if said == "written\n" {
        return Ok(child);
    }
    let mut why = String::new();
    let stderr = child.0.stderr.take().unwrap();
    let _ = std::io::Read::read_to_string(&mut BufReader::new(stderr), &mut why);
    Err(why)
}

#[test]
fn what_is_written_over_iscsi_is_on_the_zvol_and_who_wrote_it_keeps_the_unit() {
    let Some(root) = unpacked() else {
        eprintln!("skipped: tgt can't be downloaded here");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let Some((_daemon, portal)) = serve(&root, folder.path()) else {
        eprintln!("skipped: tgt does not run here");
        return;
    };
    let data = folder.path().join("data");
    fs::create_dir(&data).unwrap();
    let truenas = Truenas::start(Options {
        tgtadm: Some(script(&root, folder.path(), "tgtadm")),
        data: Some(data.clone()),
        ..Options::default()
    });
    let small = and(unit(), json!({ "size": "64M" }));
    let made = truenas.target(small.clone());
    assert!(changed(&made));
    let iqn = made["iqn"].as_str().unwrap();

    let initiator = written(&root, &portal, iqn, "what the bench boots from").unwrap();
    let disk = fs::read(data.join(format!("{}.zvol", VOLUME.replace('/', "~")))).unwrap();
    assert_eq!(disk.len(), 64 << 20);
    assert!(disk[7 * 512..].starts_with(b"what the bench boots from..."));

    let in_use = truenas.target(gone());
    refused(&in_use, "conflict", INITIATOR);
    assert!(!changed(&truenas.target(small.clone())));
    drop(initiator);
    let start = Instant::now();
    while truenas.target(gone()).contains_key("error") {
        assert!(start.elapsed() < Duration::from_secs(30), "the session never ends");
        sleep(Duration::from_millis(100));
    }
    assert!(truenas.is_bare());
    assert_eq!(fs::read_dir(&data).unwrap().count(), 0);
    assert!(written(&root, &portal, iqn, "nothing").is_err());

    // Only who is asked for may log in.
    truenas.target(and(small, json!({ "initiators": ["iqn.other:x"] })));
    assert!(written(&root, &portal, iqn, "nothing").is_err());
}
