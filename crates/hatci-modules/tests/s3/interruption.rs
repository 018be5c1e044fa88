//! An upload whose process is killed, and what a large one needs of memory.
use crate::{Lab, and};
use bench_sim::s3::{Effect, Fault};
use hatci_modules::S3Artifact;
use serde_json::{Value, json};
use std::{
    fs::File,
    process::{Child, Command, Stdio},
};

fn start(lab: &Lab, options: &Value) -> Child {
    let mut args = lab.args(options);
    args.insert("_ansible_module_name".into(), "hatci.automation.s3_artifact".into());
    let file = lab.folder.path().join("args.json");
    std::fs::write(&file, json!({ "ANSIBLE_MODULE_ARGS": args }).to_string()).unwrap();
    let program = env!("CARGO_BIN_EXE_hatci");
    Command::new(program).env_clear().arg(file).stdout(Stdio::piped()).spawn().unwrap()
}

/// The numbers of the parts that were sent since the last time, sorted.
fn parts(lab: &Lab) -> Vec<u32> {
    let number = |target: &str| target.split_once("partNumber=")?.1.split('&').next()?.parse().ok();
    let mut numbers: Vec<u32> = lab.s3.seen().iter().filter_map(|it| number(&it.target)).collect();
    numbers.sort_unstable();
    numbers
}

#[test]
fn killed_in_the_middle_of_an_upload_the_next_run_sends_only_the_missing_parts() {
    let lab = Lab::with_buckets();
    let options =
        json!({ "bucket": "lab-private", "key": "isos/a.iso", "src": lab.file(22), "part_size": "5M" });
    // From the third part on nothing is answered any more.
    lab.s3.fail(Fault { method: "PUT", query: "partNumber", after: 2, times: 9, effect: Effect::Stall });
    let mut child = start(&lab, &options);
    lab.s3.wait_until(|s3| s3.stored_parts().len() == 2);
    // SIGKILL
    child.kill().unwrap();
    child.wait().unwrap();
    let stored = lab.s3.stored_parts();
    assert_eq!((stored.len(), lab.s3.unfinished()), (2, 1));
    parts(&lab);
    lab.s3.heal();

    let made = lab.run::<S3Artifact>(&options);
    assert_eq!((&made["changed"], &made["resumed"]), (&json!(true), &json!(true)), "{made:?}");
    // A part that was sent as a whole before the end is taken by the server later.
    let sent = parts(&lab);
    assert!(sent.len() <= 3 && !sent.iter().any(|number| stored.contains(number)), "{sent:?}, {stored:?}");
    assert_eq!(made["processing"]["made"], json!({ "parts_sent": sent.len(), "parts_kept": 5 - sent.len() }));
    assert_eq!(lab.s3.unfinished(), 0);
    let object = lab.s3.bucket("lab-private").unwrap().objects["isos/a.iso"].clone();
    assert_eq!(object.bytes, std::fs::read(lab.folder.path().join("agent.iso")).unwrap());
    assert_eq!(lab.run::<S3Artifact>(&options)["changed"], false);
}

#[test]
fn a_large_file_is_never_in_memory_whatever_the_size_of_its_parts() {
    let lab = Lab::with_buckets();
    let src = lab.folder.path().join("sparse.iso");
    File::create(&src).unwrap().set_len(200 << 20).unwrap();
    let options = json!({ "bucket": "lab-private", "key": "isos/a.iso", "src": src });
    for part_size in ["5M", "1G"] {
        let child = start(&lab, &and(&options, &json!({ "part_size": part_size })));
        // The kernel tells the most memory of a child only to the one that waits for it; so ask while it is there.
        let peak = peak_while_running(child);
        assert!(peak > 0 && peak < 40_000, "{peak} kB with parts of {part_size}");
        lab.s3.change("lab-private", |bucket| bucket.objects.clear());
    }
}

/// The most memory that the process had while it ran, in kB.
fn peak_while_running(mut child: Child) -> u64 {
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    while child.try_wait().unwrap().is_none() {
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kb = line.and_then(|line| line.trim().split(' ').next()?.parse().ok());
        peak = peak.max(kb.unwrap_or_default());
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    let output = child.wait_with_output().unwrap();
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(answer["changed"], true, "{answer}");
    peak
}
