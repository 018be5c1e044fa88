//! Which path is answered by what, after the faults that may hit any request.
use super::{answers::Answer, machine::Machine, request::Request};
use std::time::Instant;

/// None: the connection is to be broken.
pub(super) fn answer(machine: &mut Machine, request: &Request) -> Option<Answer> {
    machine.advance(Instant::now());
    if let Some(refused) = unavailable(machine) {
        return Some(refused);
    }
    if let Some(refused) = precondition(machine, request) {
        return Some(refused);
    }
    if request.method != "GET" && machine.scenarios.happens("refused-in-200") {
        return Some(Answer::refused_in_200(request));
    }
    let asks_for_job = request.path.ends_with("/Jobs") && request.method == "POST"
        || request.body.get("@Redfish.SettingsApplyTime").is_some()
            && request.body.as_object().is_some_and(|it| it.len() == 1);
    if asks_for_job && machine.scenarios.happens("job-refused") {
        let text = "Unable to create the job because the job store is full.";
        return Some(Answer::refused(400, "SUP0029", text, "Clear the job queue."));
    }
    let mut answer = carried_out(machine, request).unwrap_or_else(|| Answer::not_found(&request.path));
    tag(machine, request, &mut answer);
    let is_change = request.method != "GET" && answer.status < 300;
    let is_reset = request.path.ends_with("/ComputerSystem.Reset");
    let is_lost = is_change
        && (machine.scenarios.happens("change-lost") || is_reset && machine.scenarios.happens("reset-lost"));
    (!is_lost).then_some(answer)
}

/// None: there is no such thing.
fn carried_out(machine: &mut Machine, request: &Request) -> Option<Answer> {
    let path = request.path.strip_prefix("/redfish/v1")?;
    let parts: Vec<&str> = path.split('/').skip(1).collect();
    match (request.method.as_str(), &parts[..]) {
        ("GET", []) => Some(machine.root()),
        ("GET", ["Systems"]) => Some(Answer::list("/redfish/v1/Systems", &["System.Embedded.1"])),
        ("GET", ["Managers"]) => Some(Answer::list("/redfish/v1/Managers", &["iDRAC.Embedded.1"])),
        (_, ["Systems", "System.Embedded.1", rest @ ..]) => of_the_system(machine, request, rest),
        (_, ["Managers", "iDRAC.Embedded.1", rest @ ..]) => of_the_manager(machine, request, rest),
        ("GET", ["TaskService", "Tasks", id]) => machine.task(id),
        _ => None,
    }
}

fn of_the_system(machine: &mut Machine, request: &Request, rest: &[&str]) -> Option<Answer> {
    match (request.method.as_str(), rest) {
        ("GET", []) => Some(machine.system()),
        ("PATCH", []) => Some(machine.change_boot(request)),
        ("POST", ["Actions", "ComputerSystem.Reset"]) => Some(machine.reset(request)),
        ("GET", ["Settings"]) => machine.pending_boot_order(),
        ("GET", ["BootSources"]) => Some(machine.boot_sources()),
        ("GET", ["BootSources", "Settings"]) => Some(machine.pending_boot_sources()),
        ("PATCH", ["BootSources", "Settings"]) => Some(machine.set_boot_sources(request)),
        ("GET", ["BootOptions"]) => machine.boot_options(),
        ("GET", ["BootOptions", id]) => machine.boot_option(id),
        ("GET", ["Bios"]) => Some(machine.bios()),
        ("GET", ["Bios", "Settings"]) => Some(machine.bios_settings()),
        ("GET", ["Bios", "BiosRegistry"]) => Some(machine.bios_registry()),
        ("PATCH", ["Bios", "Settings"]) => Some(machine.set_bios(request)),
        ("GET", ["NetworkAdapters"]) => Some(Machine::adapters()),
        ("GET", ["NetworkAdapters", "NIC.Integrated.1"]) => Some(Machine::adapter()),
        ("GET", ["NetworkAdapters", "NIC.Integrated.1", "NetworkDeviceFunctions"]) => {
            Some(machine.functions())
        }
        ("GET", ["NetworkAdapters", "NIC.Integrated.1", "NetworkDeviceFunctions", name]) => {
            machine.function(name)
        }
        ("GET", ["NetworkAdapters", "NIC.Integrated.1", "NetworkDeviceFunctions", name, "Settings"]) => {
            machine.pending_function(name)
        }
        ("PATCH", ["NetworkAdapters", "NIC.Integrated.1", "NetworkDeviceFunctions", name, "Settings"]) => {
            machine.set_function(name, request)
        }
        (_, ["VirtualMedia", rest @ ..]) if machine.options.has_media_of_the_system() => {
            machine.of_media(request, rest)
        }
        _ => None,
    }
}

fn of_the_manager(machine: &mut Machine, request: &Request, rest: &[&str]) -> Option<Answer> {
    match (request.method.as_str(), rest) {
        ("GET", []) => Some(machine.manager()),
        (_, ["Attributes"]) if machine.scenarios.is_so("no-attributes") => None,
        ("GET", ["Attributes"]) => Some(machine.attributes()),
        ("PATCH", ["Attributes"]) => Some(machine.set_attributes(request)),
        ("GET", ["Jobs"]) => Some(machine.job_list()),
        ("POST", ["Jobs"]) => Some(machine.plan_for(request)),
        ("GET", ["Jobs", id]) => machine.job_by_id(id),
        ("DELETE", ["Jobs", id]) => machine.delete_job(id),
        ("POST", ["Actions", "Oem", "EID_674_Manager.ImportSystemConfiguration"]) => {
            Some(machine.import(request))
        }
        (_, ["VirtualMedia", rest @ ..]) if !machine.options.has_media_of_the_system() => {
            machine.of_media(request, rest)
        }
        _ => None,
    }
}

/// What the whole service says while it can't serve.
fn unavailable(machine: &mut Machine) -> Option<Answer> {
    let scenarios = &mut machine.scenarios;
    if scenarios.happens("sessions-used-up") {
        let text = "The maximum number of user sessions is reached.";
        return Some(Answer::refused(
            503,
            "RAC0218",
            text,
            "Close the unused sessions, or wait until they time out.",
        ));
    }
    if scenarios.happens("not-ready") {
        let text = "The iDRAC is not ready to accept commands.";
        return Some(Answer::refused(
            400,
            "SWC0700",
            text,
            "Wait until the iDRAC is ready and retry the operation.",
        ));
    }
    if scenarios.happens("unavailable") {
        let text = "iDRAC is not ready. The configuration values cannot be accessed.";
        let refused = Answer::refused(503, "SYS518", text, "Retry the operation after a few minutes.");
        return Some(Answer { retry_after: Some(1), ..refused });
    }
    None
}

/// `If-Match` belongs to a PATCH, and must be fresh.
fn precondition(machine: &mut Machine, request: &Request) -> Option<Answer> {
    let given = request.if_match.as_ref()?;
    let is_fresh = *given == etag(machine);
    if request.method == "PATCH" && is_fresh && !machine.scenarios.happens("stale-etag") {
        return None;
    }
    let text = "The ETag supplied did not match the ETag required to change this resource.";
    Some(Answer::refused(
        412,
        "PreconditionFailed",
        text,
        "Try the operation again using the appropriate ETag.",
    ))
}

/// An iDRAC9 gives each object an entity tag; an iDRAC8 none.
fn tag(machine: &Machine, request: &Request, answer: &mut Answer) {
    if request.method == "GET" && answer.status == 200 && !machine.options.is_idrac8() {
        answer.etag = Some(etag(machine));
    }
}

fn etag(machine: &Machine) -> String {
    format!("\"{}\"", machine.version)
}
