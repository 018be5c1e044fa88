//! A module whose phases can be held up, made to fail or to panic; the tests of the life of a process start it.
#![allow(missing_docs, clippy::missing_docs_in_private_items)]
use ansible_module::{
    Choices, ErrorKind, Failure, Module, Options, Plan, Results, Secret, SharedResults, Task, entry,
};
use serde_json::json;
use std::{process::ExitCode, thread::sleep, time::Duration};

/// Change a thing
#[derive(Options)]
struct ThingOptions {
    /// The thing's name.
    #[option(default = "thing")]
    name: String,
    /// A secret.
    token: Option<Secret>,
    /// In which phase something happens.
    #[option(default = When::Never)]
    when: When,
    /// What happens then.
    #[option(default = What::Fail)]
    what: What,
    /// Whether it is known that nothing was changed yet.
    #[option(default = false)]
    unacted: bool,
    /// Whether housekeep fails in any case.
    #[option(default = false)]
    untidy: bool,
}

#[derive(Choices, Clone, Copy, PartialEq)]
enum When {
    /// In none.
    Never,
    /// In discover.
    Discover,
    /// In process, after the id is known.
    Process,
    /// In housekeep.
    Housekeep,
}

#[derive(Choices, Clone, Copy, PartialEq)]
enum What {
    /// The phase fails.
    Fail,
    /// The phase panics.
    Panic,
    /// The phase panics while it writes its results.
    PanicTelling,
    /// The phase takes an hour.
    Hang,
}

#[derive(Results, Default)]
struct ThingResults {
    /// The thing's id.
    #[result(sample = "T-1")]
    id: Option<String>,
}

struct Thing(ThingOptions, Task);

impl Thing {
    fn happen(&self, now: When, results: &SharedResults<ThingResults>) -> Result<(), Failure> {
        let token = self.0.token.as_ref().map_or("none", Secret::expose);
        let fault = format!("{} of {} with {token}.", now.as_str(), self.0.name);
        match self.0.what {
            _ if self.0.when != now => return Ok(()),
            What::Fail => return Err(Failure::new(ErrorKind::Conflict, fault).with("status", 409)),
            What::Panic => panic!("{fault}"),
            What::PanicTelling => results.update(|_| panic!("{fault}")),
            What::Hang => {
                let _hook = self.1.on_interrupt(|| "The hook ran.".into());
                if self.0.unacted {
                    self.1.set_change_probe(|| false);
                }
                self.1.progress(&format!("hanging in {fault}"));
                sleep(Duration::from_secs(3600));
            }
        }
        Ok(())
    }
}

impl Module for Thing {
    const NAME: &'static str = "thing";
    const EXAMPLES: &'static str = "- thing:\n";
    type Options = ThingOptions;
    type Results = ThingResults;
    type Change = ();

    fn new(options: ThingOptions, task: &Task) -> Result<Self, Failure> {
        Ok(Thing(options, task.clone()))
    }

    fn discover(&mut self, results: &SharedResults<ThingResults>) -> Result<Plan<()>, Failure> {
        self.happen(When::Discover, results)?;
        if self.0.name == "there" {
            results.update(|r| r.id = Some("T-0".into()));
            return Ok(Plan::Nothing);
        }
        Ok(Plan::change(json!(null), json!({ "name": self.0.name })))
    }

    fn process(&mut self, (): (), results: &SharedResults<ThingResults>) -> Result<(), Failure> {
        results.update(|r| r.id = Some("T-1".into()));
        self.happen(When::Process, results)
    }

    fn housekeep(&mut self, results: &SharedResults<ThingResults>) -> Result<(), Failure> {
        assert_eq!(results.read(|r| r.id.clone()).as_deref(), Some("T-1"));
        if self.0.untidy {
            return Err(Failure::new(ErrorKind::Unavailable, "It could not be tidied up."));
        }
        self.happen(When::Housekeep, results)
    }
}

fn main() -> ExitCode {
    ansible_module::main("1.2.3", &[entry::<Thing>()], || ())
}
