//! The machine behind the service: what is set, what waits for the next start, and what it starts from.
use super::{
    IdracOptions,
    job::{Effect, Job, State},
    scenarios::Scenarios,
};
use serde_json::{Map, Value, json};
use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

pub(super) type Object = Map<String, Value>;

/// How long a slow machine takes from its start until it boots.
const SLOW: Duration = Duration::from_millis(500);

/// One thing that the firmware can boot from.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct BootEntry {
    /// As in the boot sources of an iDRAC8.
    pub(super) id: String,
    /// As in the boot options of an iDRAC9.
    pub(super) reference: String,
    pub(super) name: String,
    pub(super) enabled: bool,
}

/// The settings of one function of a NIC.
pub(super) struct Nic {
    pub(super) mac: &'static str,
    pub(super) iscsi: Object,
    pub(super) pending: Object,
    /// An iDRAC8 takes the target only after the addressing was set by a job.
    pub(super) is_addressed: bool,
}

/// A virtual drive.
#[derive(Default)]
pub(super) struct Medium {
    pub(super) image: Option<String>,
    /// Reads as inserted so often after it was ejected.
    pub(super) lingers: u32,
    pub(super) username: Option<String>,
}

pub(super) struct Machine {
    pub(super) options: IdracOptions,
    pub(super) scenarios: Scenarios,
    pub(super) is_on: bool,
    /// In boot order.
    pub(super) boot: Vec<BootEntry>,
    pub(super) pending_boot: Option<Vec<BootEntry>>,
    /// The target of the next start only, and an address for it.
    pub(super) once: Option<(String, Value)>,
    /// The iDRAC's own one-time boot.
    pub(super) first_boot_device: String,
    pub(super) boots_once: bool,
    pub(super) bios: Object,
    pub(super) pending_bios: Object,
    pub(super) nics: BTreeMap<&'static str, Nic>,
    pub(super) jobs: Vec<Job>,
    /// The drives of CD and of removable disk.
    pub(super) media: [Medium; 2],
    /// One entry for each start.
    pub(super) boots: Vec<String>,
    /// When it boots, if it was started and hasn't yet.
    pub(super) boots_at: Option<Instant>,
    /// Changes with each change.
    pub(super) version: u64,
}

impl Machine {
    pub(super) fn new(options: &IdracOptions) -> Self {
        let nic = |mac| Nic { mac, iscsi: iscsi_defaults(), pending: Object::new(), is_addressed: false };
        let bios = json!({
            "BootMode": "Uefi", "EmbNic1Enabled": "Enabled", "EmbNic2Enabled": "Enabled", "ProcVirtualization": "Enabled",
            "SriovGlobalEnable": "Disabled", "IscsiDev1EnDis": "Disabled", "AcPwrRcvryUserDelay": 60, "SysProfile": "PerfPerWattOptimizedDapc",
            "AssetTag": "",
        });
        Self {
            scenarios: Scenarios::new(options.scenarios.clone()),
            is_on: !options.off,
            boot: boot_entries(),
            pending_boot: None,
            once: None,
            first_boot_device: "Normal".into(),
            boots_once: false,
            bios: bios.as_object().cloned().unwrap_or_default(),
            pending_bios: Object::new(),
            nics: BTreeMap::from([
                ("NIC.Integrated.1-1-1", nic("B0:26:28:01:02:03")),
                ("NIC.Integrated.1-2-1", nic("B0:26:28:01:02:04")),
            ]),
            jobs: vec![],
            media: [Medium::default(), Medium::default()],
            boots: vec![],
            boots_at: None,
            version: 1,
            options: options.clone(),
        }
    }

    /// Lets jobs end whose time has come.
    pub(super) fn advance(&mut self, now: Instant) {
        if self.boots_at.is_some_and(|at| at <= now) {
            self.boot();
        }
        let mut effects = vec![];
        for job in &mut self.jobs {
            if job.state == State::Running && job.ends.is_some_and(|end| end <= now) {
                job.ends = None;
                if self.scenarios.happens("job-fails") {
                    job.state = State::Failed;
                    effects.push(job.effect.take().map(Effect::dropped));
                } else {
                    job.state = State::Completed;
                    effects.push(job.effect.take());
                }
            }
        }
        for effect in effects.into_iter().flatten() {
            self.version += 1;
            self.apply(effect);
        }
    }

    pub(super) fn apply(&mut self, effect: Effect) {
        match effect {
            Effect::Boot => self.boot = self.pending_boot.take().unwrap_or_else(|| self.boot.clone()),
            Effect::DropBoot => self.pending_boot = None,
            Effect::Bios => self.bios.append(&mut self.pending_bios),
            Effect::DropBios => self.pending_bios.clear(),
            Effect::Nic(name) => {
                let Some(nic) = self.nics.get_mut(name) else { return };
                nic.is_addressed |= nic.pending.contains_key("IPMaskDNSViaDHCP");
                nic.iscsi.append(&mut nic.pending);
            }
            Effect::DropNic(name) => {
                if let Some(nic) = self.nics.get_mut(name) {
                    nic.pending.clear();
                }
            }
            Effect::FirstBootDevice(device) => {
                self.boots_once = device != "Normal";
                self.first_boot_device = device;
            }
        }
    }

    /// Starts the machine: jobs that wait for it run, and it boots.
    pub(super) fn restart(&mut self) {
        self.is_on = true;
        self.version += 1;
        let end = Instant::now() + self.options.step;
        for job in self.jobs.iter_mut().filter(|job| job.state == State::Scheduled) {
            (job.state, job.ends) = (State::Running, Some(end));
        }
        if self.scenarios.happens("no-boot") {
            return;
        }
        if self.scenarios.happens("slow-boot") {
            self.boots_at = Some(Instant::now() + SLOW);
        } else {
            self.boot();
        }
    }

    fn boot(&mut self) {
        self.boots_at = None;
        let booted = self.boots_from();
        self.boots.push(booted);
        (self.once, self.boots_once, self.first_boot_device) = (None, false, "Normal".into());
    }

    /// What the next start is from.
    fn boots_from(&self) -> String {
        let virtual_cd = || format!("virtual CD {}", self.media[0].image.as_deref().unwrap_or("(empty)"));
        if self.boots_once && self.first_boot_device.eq_ignore_ascii_case("VCD-DVD") {
            return virtual_cd();
        }
        match &self.once {
            // This generation has a drive of its own, and takes that one.
            Some((target, _)) if target == "Cd" && self.options.is_idrac8() => "physical CD".into(),
            Some((target, _)) if target == "Cd" => virtual_cd(),
            Some((target, _)) => target.clone(),
            None => self
                .boot
                .iter()
                .find(|entry| entry.enabled)
                .map_or("nothing".into(), |entry| entry.name.clone()),
        }
    }
}

/// The values of a function that was never set up.
pub(super) fn iscsi_defaults() -> Object {
    let defaults = json!({
        "IPAddressType": "IPv4", "IPMaskDNSViaDHCP": true, "TargetInfoViaDHCP": true, "AuthenticationMethod": "None",
        "CHAPUsername": "", "InitiatorName": "", "InitiatorIPAddress": "0.0.0.0", "PrimaryTargetName": "",
        "PrimaryTargetIPAddress": "0.0.0.0", "PrimaryTargetTCPPort": 3260, "PrimaryLUN": 0,
    });
    defaults.as_object().cloned().unwrap_or_default()
}

fn boot_entries() -> Vec<BootEntry> {
    let entry = |device: &str, number: u32, name: &str| BootEntry {
        id: format!("BIOS.Setup.1-1#UefiBootSeq#{device}#{:032x}", 0x00c0_ffee + number),
        reference: format!("Boot{number:04X}"),
        name: name.into(),
        enabled: true,
    };
    vec![
        entry("RAID.Integrated.1-1", 1, "Hard drive C: RAID Controller"),
        entry("NIC.PxeDevice.1-1", 2, "PXE Device 1: Integrated NIC 1 Port 1 Partition 1"),
        entry("NIC.PxeDevice.2-1", 3, "PXE Device 2: Integrated NIC 1 Port 2 Partition 1"),
        entry("NIC.iSCSIDevice.1-1", 4, "iSCSI Device 1: Integrated NIC 1 Port 1 Partition 1"),
        BootEntry {
            enabled: false,
            ..entry("Optical.SATAEmbedded.1-1", 5, "Embedded SATA Port Optical Drive")
        },
    ]
}
