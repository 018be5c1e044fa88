//! `openshift_agent_iso`
use super::{
    age::Age,
    agent_iso_options::{AgentIsoOptions, Wanted},
    agent_iso_source::{Program, failed},
    phases::{Housekeeping, Phases, Processing},
};
use agent_iso::{Build, Product, Record, check_changeable, check_place};
use ansible_module::{ErrorKind, Failure, Module, Plan, Results, SharedResults, Task};
use hardened_host::make_folders;
use serde_json::{Map, Value, json};
use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Instant,
};

/// What the ISO is called in a folder for which nothing else says it.
const USUAL_NAME: &str = "agent.x86_64.iso";

/// What `openshift_agent_iso` returns.
#[derive(Results, Default)]
pub struct AgentIsoResults {
    /// The ISO.
    #[result(returned = "always", sample = "/srv/isos/bench1.iso")]
    path: Option<String>,
    /// Its SHA-256, in hex.
    #[result(
        returned = "when it exists and is unchanged",
        sample = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
    )]
    sha256: Option<String>,
    /// Its size in bytes.
    #[result(returned = "when it exists and is unchanged", sample = 1_298_137_088_u64)]
    size: Option<u64>,
    /// The version of OpenShift that it installs.
    #[result(returned = "when `state` is present", sample = "4.18.9")]
    version: Option<String>,
    /// Identifies all inputs and the installer. In check mode it is left out until the installer has been fetched.
    #[result(
        returned = "when it is known",
        sample = "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"
    )]
    inputs_hash: Option<String>,
    /// The address of the host that leads the installation.
    #[result(returned = "when it is known", sample = "192.0.2.10")]
    rendezvous_ip: Option<String>,
    /// The kubeconfig of the cluster's administrator.
    #[result(returned = "when it exists", sample = "/srv/isos/bench1.kubeconfig")]
    kubeconfig: Option<String>,
    #[result(flatten)]
    phases: Phases,
}

/// The module `openshift_agent_iso`.
pub struct OpenshiftAgentIso {
    task: Task,
    product: Product,
    /// None: it is to go.
    wanted: Option<Wanted>,
    /// What process has made.
    made: Option<Record>,
    /// Whether a file of the user may have been replaced or removed.
    acted: Arc<AtomicBool>,
}

/// What process does.
pub enum Change {
    /// Builds it, with this program.
    Build(Program),
    /// Removes it.
    Remove,
}

impl Module for OpenshiftAgentIso {
    const NAME: &'static str = "openshift_agent_iso";
    const EXAMPLES: &'static str = include_str!("openshift_agent_iso.yml");
    type Options = AgentIsoOptions;
    type Results = AgentIsoResults;
    type Change = Change;

    fn conceal(options: &Map<String, Value>, task: &Task) {
        Wanted::conceal(options, task);
    }

    fn new(options: AgentIsoOptions, task: &Task) -> Result<Self, Failure> {
        let wanted = Wanted::of(&options, task)?;
        let name = wanted.as_ref().map_or_else(|| USUAL_NAME.to_owned(), |wanted| wanted.inputs.iso_name());
        let acted: Arc<AtomicBool> = Arc::default();
        let probe = acted.clone();
        task.set_change_probe(move || probe.load(Ordering::Relaxed));
        Ok(OpenshiftAgentIso {
            task: task.clone(),
            product: Product::at(iso_path(&options.dest, &name)?),
            wanted,
            made: None,
            acted,
        })
    }

    fn discover(&mut self, results: &SharedResults<AgentIsoResults>) -> Result<Plan<Change>, Failure> {
        results.update(|r| r.path = Some(self.product.iso().display().to_string()));
        let Some(wanted) = &self.wanted else { return self.removal(results) };
        let record = self.product.record().map_err(|e| failed(&e))?;
        let mut discovery = Map::new();
        discovery.insert("exists".into(), self.product.iso().exists().into());
        if let Some(record) = &record {
            discovery.insert("version".into(), record.version.as_str().into());
            discovery.insert("inputs_hash".into(), record.inputs_hash.as_str().into());
            discovery.insert("built".into(), record.built.as_str().into());
        }
        results.update(|r| {
            r.phases.discovery = Some(discovery.clone());
            r.phases.processing = Some(Processing::default());
        });
        let version = wanted.source.version()?;
        results.update(|r| {
            r.version = Some(version.to_string());
            r.rendezvous_ip = wanted.inputs.rendezvous_ip().map(str::to_owned);
        });
        let release = match wanted.source.release()? {
            // What is fetched for a version is the same each time.
            None => record.as_ref().and_then(Record::release).filter(|release| release.version == version),
            given => given,
        };
        let hash = release.as_ref().map(|release| wanted.inputs.hash(release));
        if hash.is_some() {
            results.update(|r| r.inputs_hash.clone_from(&hash));
        }
        let why = self.why_to_build(wanted, record.as_ref(), hash.as_deref());
        let Some(why) = why else {
            self.tell_product(record.as_ref(), results);
            results.update(|r| {
                r.phases.housekeeping = Some(Housekeeping { verified: Some(true), warnings: vec![] });
            });
            return Ok(Plan::Nothing);
        };
        let doubts = wanted.inputs.check_for(&version).map_err(|e| failed(&e))?;
        for doubt in doubts {
            self.task.warn(doubt);
        }
        check_place("dest", self.folder()).map_err(|e| failed(&e))?;
        let program = wanted.source.program(&version)?;
        let actions = program.actions(&version, &why);
        results.update(|r| r.phases.processing = Some(Processing { actions, made: None }));
        let before = record.as_ref().map_or(Value::Null, |record| {
            json!({ "version": record.version, "inputs_hash": record.inputs_hash, "built": record.built })
        });
        let after =
            json!({ "version": version.as_str(), "inputs_hash": hash, "built": "now", "because": why });
        Ok(Plan::Change { what: Change::Build(program), before, after })
    }

    fn process(&mut self, change: Change, results: &SharedResults<AgentIsoResults>) -> Result<(), Failure> {
        let (Change::Build(program), Some(wanted)) = (change, &self.wanted) else {
            self.acted.store(true, Ordering::Relaxed);
            return self.product.remove().map_err(|e| failed(&e));
        };
        let tell = |line: &str| self.task.progress(line);
        let deadline = Instant::now() + wanted.deadline;
        // Whatever fails before the ISO is replaced has changed nothing that the user has asked for.
        let unchanged = |e: &agent_iso::Error| failed(e).unchanged();
        let installer = wanted.source.installer(program, deadline, &tell).map_err(|e| unchanged(&e))?;
        let release = installer.release().map_err(|e| unchanged(&e))?;
        let hash = wanted.inputs.hash(&release);
        let place = self.folder();
        make_folders(place).map_err(|e| unmade(place, &e))?;
        let build =
            Build::run(&installer, &wanted.inputs, place, deadline, &tell).map_err(|e| unchanged(&e))?;
        self.acted.store(true, Ordering::Relaxed);
        let record = self.product.take(&build, hash, &release).map_err(|e| failed(&e))?;
        self.tell_product(Some(&record), results);
        self.made = Some(record);
        Ok(())
    }

    fn housekeep(&mut self, results: &SharedResults<AgentIsoResults>) -> Result<(), Failure> {
        let verified = match &self.made {
            Some(record) => self.product.is_as(record).map_err(|e| failed(&e))?,
            None if self.wanted.is_some() => return Ok(()),
            None => self.product.existing().is_empty(),
        };
        results.update(|r| {
            r.phases.housekeeping = Some(Housekeeping { verified: Some(verified), warnings: vec![] });
        });
        if verified {
            return Ok(());
        }
        Err(Failure::new(
            ErrorKind::Conflict,
            format!(
                "{} was changed by another process at the same time. Run the task again.",
                self.product.iso().display()
            ),
        ))
    }
}

impl OpenshiftAgentIso {
    fn removal(&self, results: &SharedResults<AgentIsoResults>) -> Result<Plan<Change>, Failure> {
        let existing: Vec<String> =
            self.product.existing().iter().map(|path| path.display().to_string()).collect();
        let discovery = json!({ "exists": !existing.is_empty() }).as_object().cloned();
        let actions = existing.iter().map(|path| format!("remove {path}")).collect();
        results.update(|r| {
            r.phases.discovery = discovery;
            r.phases.processing = Some(Processing { actions, made: None });
        });
        if existing.is_empty() {
            return Ok(Plan::Nothing);
        }
        check_changeable("dest", self.folder()).map_err(|e| failed(&e))?;
        Ok(Plan::Change {
            what: Change::Remove,
            before: json!({ "files": existing }),
            after: json!({ "files": [] }),
        })
    }

    /// Why what is there is not enough; none if it is.
    fn why_to_build(&self, wanted: &Wanted, record: Option<&Record>, hash: Option<&str>) -> Option<String> {
        let Some(record) = record else {
            let is_there = self.product.iso().exists();
            return Some(
                if is_there { "the ISO was changed after it was built" } else { "there is no ISO" }.into(),
            );
        };
        if hash != Some(record.inputs_hash.as_str()) {
            return Some("its inputs or its installer have changed".into());
        }
        let age = self.product.age(record);
        if wanted.max_age.accepts_none() {
            return Some("`max_age` is 0".into());
        }
        wanted.max_age.is_exceeded(age).then(|| format!("the ISO is {} old", Age::shown(age)))
    }

    /// Where the ISO goes.
    fn folder(&self) -> &Path {
        self.product.iso().parent().unwrap_or(Path::new("/"))
    }

    fn tell_product(&self, record: Option<&Record>, results: &SharedResults<AgentIsoResults>) {
        let Some(record) = record else { return };
        let kubeconfig = self.product.kubeconfig().display().to_string();
        let kubeconfig = record.kubeconfig_sha256.is_some().then_some(kubeconfig);
        results.update(|r| {
            r.sha256 = Some(record.sha256.clone());
            r.size = Some(record.size);
            r.version = Some(record.version.clone());
            r.inputs_hash = Some(record.inputs_hash.clone());
            r.rendezvous_ip = record.rendezvous_ip.clone().or(r.rendezvous_ip.take());
            r.kubeconfig = kubeconfig;
        });
    }
}

/// The file; `name` is for a folder.
fn iso_path(dest: &Path, name: &str) -> Result<PathBuf, Failure> {
    let dest = std::path::absolute(dest)
        .map_err(|_| Failure::invalid("dest is empty. Give the path of the ISO, or a folder for it."))?;
    let is_file = dest.extension().is_some_and(|extension| extension == "iso") && !dest.is_dir();
    Ok(if is_file { dest } else { dest.join(name) })
}

fn unmade(place: &Path, error: &std::io::Error) -> Failure {
    let fault = hardened_host::SystemFault::of(error);
    let remedy = fault.remedy_or("Correct its permissions, or choose another `dest`");
    Failure::new(ErrorKind::Failed, format!("{}: {}. {remedy}.", place.display(), fault.cause())).unchanged()
}
