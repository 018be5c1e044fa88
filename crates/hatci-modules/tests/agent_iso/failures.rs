//! What fails on the way: the installer, and the mirror that it comes from.
use crate::bench::Bench;
use bench_sim::mirror::MirrorFault;
use serde_json::{Value, json};
use std::fs;

#[test]
fn inputs_are_kept_after_a_run_that_failed() {
    // Bench::run compares them each time.
    let bench = Bench::new().playing("no-base-image");
    let (kind, msg) = bench.fails(&bench.options(&json!({})));
    assert_eq!(kind, "failed", "{msg}");
    assert_eq!(fs::read_dir(bench.at("isos")).unwrap().count(), 0);
}

#[test]
fn a_base_image_that_cannot_be_fetched_is_told_in_the_installers_own_words() {
    let bench = Bench::new().playing("no-base-image");
    let (_, msg) = bench.fails(&bench.options(&json!({})));
    assert!(msg.contains("exit code 1: failed to fetch Agent Installer ISO"), "{msg}");
    assert!(msg.contains("lookup rhcos.mirror.openshift.com: no such host"), "{msg}");
}

#[test]
fn success_is_an_exit_code_and_a_file_that_is_an_iso() {
    for (scenario, why) in [
        ("no-iso", "succeeded, but left no agent.x86_64.iso"),
        ("not-an-iso", "is not an ISO image"),
        ("killed", "was killed by signal 9"),
        ("silent", "ended with exit code 1 without a message"),
        ("tells-secrets", "invalid pull secret"),
    ] {
        let bench = Bench::new().playing(scenario);
        let (_, msg) = bench.fails(&bench.options(&json!({})));
        assert!(msg.contains(why), "{scenario}: {msg}");
        assert_eq!(fs::read_dir(bench.at("isos")).unwrap().count(), 0, "{scenario}");
    }
}

#[test]
fn a_failed_build_leaves_the_iso_that_was_there() {
    let bench = Bench::new();
    assert!(bench.changed(&bench.options(&json!({})), false));
    let before = fs::read(bench.at("isos/bench1.iso")).unwrap();
    let bench = bench.playing("no-base-image");
    bench.fails(&bench.options(&json!({ "max_age": 0 })));
    assert_eq!(fs::read(bench.at("isos/bench1.iso")).unwrap(), before);
    assert!(!bench.changed(&bench.options(&json!({})), false));
}

#[test]
fn an_installer_that_says_very_much_needs_little_memory_and_its_end_counts() {
    let bench = Bench::new().playing("noisy");
    assert!(bench.changed(&bench.options(&json!({})), false));
}

#[test]
fn the_deadline_ends_a_build_that_hangs() {
    let bench = Bench::new().playing("hang");
    let (kind, msg) = bench.fails(&bench.options(&json!({ "deadline": 2 })));
    assert_eq!(kind, "timeout");
    assert!(msg.contains("its last line was: Extracting base ISO"), "{msg}");
}

#[test]
fn an_installer_is_used_only_if_it_is_what_the_mirror_promises() {
    for (fault, kind, why) in [
        (MirrorFault::WrongHash, "protocol", "so it was not used"),
        (MirrorFault::NoProgram, "protocol", "holds no openshift-install"),
        (MirrorFault::WrongVersion, "protocol", "reports version 4.1.1"),
        (MirrorFault::NoName, "protocol", "release.txt names no version"),
    ] {
        let bench = Bench::with(|options| options.faults = vec![fault]);
        let options = bench.options(&json!({ "installer": null, "channel": "stable-4.18" }));
        let (found, msg) = bench.fails(&options);
        assert!(found == kind && msg.contains(why), "{fault:?}: {found}: {msg}");
        assert!(!bench.at("isos").exists(), "{fault:?}");
    }
    let bench = Bench::with(|options| options.faults = vec![MirrorFault::BrokenOnce]);
    assert!(bench.changed(&bench.options(&json!({ "installer": null, "channel": "stable-4.18" })), false));
}

#[test]
fn a_kept_installer_that_is_damaged_is_fetched_again() {
    let bench = Bench::new();
    let options = bench.options(&json!({ "installer": null, "version": "4.18.9" }));
    assert!(bench.changed(&options, false));
    fs::write(bench.at("cache/4.18.9/openshift-install"), "#!/bin/sh\n").unwrap();
    assert!(
        bench
            .changed(&bench.options(&json!({ "installer": null, "version": "4.18.9", "max_age": 0 })), false)
    );
}

#[test]
fn a_release_that_the_mirror_does_not_have_is_found_in_check_mode() {
    let bench = Bench::new();
    for further in [json!({ "version": "4.18.99" }), json!({ "channel": "stable-4.99" })] {
        let mut further = further;
        further["installer"] = Value::Null;
        let result = bench.run(&bench.options(&further), true);
        assert_eq!(result["error"]["kind"], "not_found", "{result}");
        assert!(result["msg"].as_str().unwrap().contains("Check the version"), "{result}");
    }
}
