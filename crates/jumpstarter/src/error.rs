//! Everything that can go wrong between a test job and its bench.
use crate::{Ended, Target};
use hardened_host::{PrivateError, StartError, SystemFault};
use std::{borrow::Cow, path::PathBuf, time::Duration};

/// What went wrong. Each message is one sentence of cause and one of remedy.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The named file, or the file of the named client, can't be read.
    #[error("Cannot read the Jumpstarter client config {}: {why}. Check the path, or list the clients with `jmp config client list`.", path.display())]
    ConfigUnreadable {
        /// The path tried.
        path: PathBuf,
        /// The operating system's message.
        why: String,
    },
    /// The file exists, but `jmp` would refuse it.
    #[error(
        "The Jumpstarter client config {place} is not valid: {why}. Compare it with one written by `jmp config client create`."
    )]
    ConfigInvalid {
        /// A path, or the environment.
        place: String,
        /// What is wrong, with the line if known.
        why: String,
    },
    /// Neither an option, nor the environment, nor the user's config names a client.
    #[error(
        "No Jumpstarter client is configured. Choose one with `jmp config client use NAME`, or set the variable jumpstarter_client_config or jumpstarter_client (the options `client_config` and `client` of a task), or JMP_NAMESPACE, JMP_NAME, JMP_ENDPOINT and JMP_TOKEN in the environment."
    )]
    NoConfig,
    /// The endpoint, or a proxy's address, is not `host:port`.
    #[error(
        "{what} {:?} is not an address such as controller.example:443. Correct it.",
        without_user(address)
    )]
    Address {
        /// Whose address it is.
        what: &'static str,
        /// The address as configured.
        address: String,
    },
    /// The text is no duration that `jmp --duration` accepts.
    #[error("{text:?} is not a duration. Write 30m, 1h30m, 1d3h, PT1H30M, 01:30:00, or a number of seconds.")]
    Duration {
        /// The text as given.
        text: String,
    },

    /// The operating system refuses a resource, such as memory, processes or disk space.
    #[error("{what}: {fault}.")]
    System {
        /// What failed: a sentence without its full stop.
        what: String,
        /// The system's error and the remedy.
        fault: SystemFault,
    },

    /// The controller can't be reached, or the connection broke.
    #[error(
        "Cannot reach the Jumpstarter controller at {endpoint}: {why}. Check that it is running and that this machine can connect to it."
    )]
    Unreachable {
        /// `host:port`.
        endpoint: String,
        /// The message of the system or the proxy.
        why: String,
        /// Whether a request may have been delivered before the connection broke.
        sent: bool,
    },
    /// The server's certificate is not trusted, or it doesn't speak TLS.
    #[error(
        "No secure connection to the Jumpstarter controller at {endpoint}: {why}. {remedy}. The trusted CA certificates are in `tls.ca` of the client config."
    )]
    Tls {
        /// `host:port`.
        endpoint: String,
        /// What is wrong with the certificate or the handshake.
        why: String,
        /// What to do: a sentence without its full stop.
        remedy: Cow<'static, str>,
    },
    /// The controller did not answer in time.
    #[error("The Jumpstarter controller at {endpoint} did not answer within {} s. Check whether it is overloaded, and run the task again.", after.as_secs_f64())]
    Timeout {
        /// `host:port`.
        endpoint: String,
        /// The timeout.
        after: Duration,
        /// Whether the request may have been delivered.
        sent: bool,
    },
    /// The answer does not come from a Jumpstarter controller.
    #[error(
        "{endpoint} does not answer like a Jumpstarter controller: {why}. Check `endpoint` in the client config."
    )]
    Protocol {
        /// `host:port`.
        endpoint: String,
        /// What was wrong.
        why: String,
    },

    /// The list is too long.
    #[error(
        "The Jumpstarter controller at {endpoint} lists too many {what}. Name the one you want, or filter the list by `tags`; have old leases removed."
    )]
    TooMany {
        /// `host:port`.
        endpoint: String,
        /// Such as `leases`.
        what: &'static str,
    },

    /// The token has expired, and the config, read again, has no newer one.
    #[error(
        "The token of the Jumpstarter client {client} has expired. Renew it with `jmp auth refresh --client {client}`, or put a new token into the client config."
    )]
    TokenExpired {
        /// The client's alias, for `--client`.
        client: String,
    },
    /// The controller rejects the token, or rejects it for this client.
    #[error(
        "The Jumpstarter controller rejected the client {client}: {why}. Check the token, name and namespace in the client config."
    )]
    Refused {
        /// `NAMESPACE/NAME`.
        client: String,
        /// The controller's message.
        why: String,
    },
    /// The lease belongs to another client.
    #[error("The lease {lease} belongs to another client. Use that client's config, or another lease name.")]
    NotOwner {
        /// The lease's name.
        lease: String,
    },
    /// There is no such lease.
    #[error(
        "There is no lease {lease}. It may never have been created; list the leases with `jmp get leases -a`."
    )]
    NotFound {
        /// The lease's name.
        lease: String,
    },
    /// No exporter has this name or these labels.
    #[error("There is no bench {target}. Correct `exporter` or `selector`; `jmp get exporters` lists them.")]
    NoSuchBench {
        /// The requested bench.
        target: Target,
    },
    /// The name is taken, possibly by a lease that has ended.
    #[error(
        "The lease name {lease} is taken; a name stays taken after its lease has ended. Choose another name, or leave it out."
    )]
    NameTaken {
        /// The lease's name.
        lease: String,
    },
    /// The lease exists, but doesn't match the request.
    #[error(
        "The lease {lease} exists but differs: {difference}. Choose another name, or release that lease first."
    )]
    Differs {
        /// The lease's name.
        lease: String,
        /// What it has, and what was requested.
        difference: String,
    },
    /// The lease is kept alive by a job that can't be reached from here.
    #[error(
        "The lease {lease} is kept alive by its job{who}, and only that job can extend it. Renew it in that job, in a task without `become`, `async` and `keepalive: false`."
    )]
    KeptElsewhere {
        /// The lease's name.
        lease: String,
        /// The job, in parentheses.
        who: String,
    },
    /// The controller rejects the request.
    #[error("The Jumpstarter controller rejected the request: {why}. Correct the task's options.")]
    Invalid {
        /// The controller's message.
        why: String,
    },
    /// The controller failed.
    #[error(
        "The Jumpstarter controller failed (gRPC status {status}): {why}. Check its log, or run the task again."
    )]
    Server {
        /// The gRPC status code.
        status: u32,
        /// The controller's message.
        why: String,
        /// Whether the failure looks transient.
        may_pass: bool,
    },
    /// It is unknown, and can't be determined, whether the lease was created.
    #[error(
        "The controller's answer to the request for the lease {lease} was lost, so it is unknown whether the lease was created (the check failed: {why}). Release {lease} by name before you try again."
    )]
    UnknownOutcome {
        /// The lease's name.
        lease: String,
        /// Why the last attempt to check failed.
        why: String,
    },

    /// The lease could not be acquired, or has ended.
    #[error("The lease {lease} {ended}")]
    Ended {
        /// The lease's name.
        lease: String,
        /// How it ended.
        ended: Ended,
    },
    /// The bench did not become free in time.
    #[error("The lease {lease} was not ready within {} s: {why}. Wait longer with `wait_timeout`, or ask the holder of the bench to release it.", after.as_secs())]
    WaitTimeout {
        /// The lease's name.
        lease: String,
        /// The timeout.
        after: Duration,
        /// Who holds the bench, or the controller's last reason.
        why: String,
    },
    /// The bench could not be acquired, and then the lease could not be deleted either.
    #[error(
        "{cause} The lease {lease} could not be deleted afterwards ({why}); release it by name; otherwise it ends when its duration is over."
    )]
    NotGivenBack {
        /// The lease's name.
        lease: String,
        /// Why the bench could not be acquired.
        cause: Box<Error>,
        /// Why the lease could not be deleted.
        why: Box<Error>,
    },
    /// The job that needed the bench has ended.
    #[error(
        "The job that requested the lease {lease} has ended, so the bench is no longer needed. Start the job again."
    )]
    Abandoned {
        /// The lease's name.
        lease: String,
    },
    /// It is not certain that the lease still belongs to this job.
    #[error(
        "The lease {lease} may no longer be held: {why}. Nothing was done to the device; acquire the bench again."
    )]
    Unsure {
        /// The lease's name.
        lease: String,
        /// What is known.
        why: String,
    },

    /// The guard that keeps leases alive can't be started or doesn't answer.
    #[error("Cannot use the guard process that keeps leases alive: {why}. {remedy}.")]
    Keepalive {
        /// What went wrong.
        why: String,
        /// The remedy: a sentence without its full stop.
        remedy: &'static str,
    },
    /// `jmp` would refuse the exporter configuration.
    #[error("The exporter configuration is not valid: {why}. Correct the template or its variables.")]
    ExporterConfig {
        /// What is wrong, with the line where it is known.
        why: String,
    },
    /// The name can't be a file name.
    #[error("{name:?} can't be an exporter's name, because it is used as a file name. Remove the slashes.")]
    ExporterName {
        /// The name as given.
        name: String,
    },
    /// The program does not exist.
    #[error("There is no program {program} on PATH. Install jumpstarter-cli, or put its directory on PATH.")]
    Program {
        /// Which program.
        program: String,
    },
    /// No shell accepts the command.
    #[error("The command {command:?} contains a NUL character, which no shell accepts. Remove it.")]
    Command {
        /// The command as given, with the character replaced.
        command: String,
    },
    /// The command timed out; everything it started was stopped.
    #[error("The command {command:?} timed out after {} s; it and everything it had started were stopped. Set a longer `timeout`, or check the device.", after.as_secs_f64())]
    CommandTimeout {
        /// The command as given.
        command: String,
        /// The timeout.
        after: Duration,
    },
    /// The device could not be reached.
    #[error(
        "`jmp shell` could not connect to {device}, and ran no command: {why}. Check that it exists and may be used, and run `jmp shell` by hand for details."
    )]
    NoDevice {
        /// Which device.
        device: String,
        /// The last lines that `jmp` printed.
        why: String,
    },
    /// Somebody has killed the shell between `jmp` and a command.
    #[error(
        "{command:?} did not end by itself: the shell that runs the commands was killed. Check that no command kills its \
         parent or all processes of a name, and that the machine has enough memory."
    )]
    ShellKilled {
        /// The command that was running.
        command: String,
    },
    /// `jmp` itself failed while a command ran.
    #[error("`jmp shell` failed: {why}. Run it by hand with the same options for details.")]
    Shell {
        /// The last lines that it printed.
        why: String,
    },
}

impl Error {
    /// A system error, and what failed because of it.
    pub(crate) fn system(what: impl Into<String>, error: &std::io::Error) -> Self {
        Error::System { what: what.into(), fault: SystemFault::of(error) }
    }

    /// For a program that could not be started.
    pub(crate) fn start(error: &StartError) -> Self {
        let program = error.program.display();
        if error.is_missing {
            return Error::Program { program: program.to_string() };
        }
        Error::System { what: format!("Cannot start {program}"), fault: error.fault.clone() }
    }

    /// For a private folder or file that can't be created or opened.
    pub(crate) fn private(what: &str, error: &PrivateError) -> Self {
        match error {
            PrivateError::System { path, fault } => {
                Error::System { what: format!("{what} in {}", path.display()), fault: fault.clone() }
            }
            PrivateError::Squatted { .. } | PrivateError::Unsafe { .. } => {
                Error::system(what, &std::io::Error::other(error.to_string()))
            }
        }
    }
}

/// An address without what may be secret in it: the user and the query.
fn without_user(address: &str) -> String {
    let (user, rest) = address.rsplit_once('@').map_or(("", address), |(_, rest)| ("***@", rest));
    match rest.split_once('?') {
        Some((rest, _)) => format!("{user}{rest}?***"),
        None => format!("{user}{rest}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_shown_without_user_and_query() {
        for (address, shown) in [
            ("u:pw@h:443", "***@h:443"),
            ("https://u:p@w@[::1", "***@[::1"),
            ("h:1/?token=secret", "h:1/?***"),
            ("controller", "controller"),
        ] {
            assert_eq!(without_user(address), shown);
        }
    }
}
