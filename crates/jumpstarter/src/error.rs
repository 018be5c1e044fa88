//! Everything that can go wrong between a test job and its bench.
use crate::{Ended, Target};
use hardened_host::{PrivateError, StartError, SystemFault};
use std::{borrow::Cow, path::PathBuf, time::Duration};

/// What went wrong. Every message is one sentence of cause and one of remedy.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The named file, or the file of the named client, can't be read.
    #[error("The Jumpstarter client config {} can't be read: {why}. Check the path, or list the clients with `jmp config client list`.", path.display())]
    ConfigUnreadable {
        /// Where it was looked for.
        path: PathBuf,
        /// The operating system's words.
        why: String,
    },
    /// The file is there but `jmp` would refuse it.
    #[error(
        "The Jumpstarter client config {place} is not valid: {why}. Compare it with the one that `jmp config client create` writes."
    )]
    ConfigInvalid {
        /// A path, or the environment.
        place: String,
        /// What is wrong, with the line where it is known.
        why: String,
    },
    /// Neither an option, nor the environment, nor the user's config names a client.
    #[error(
        "No Jumpstarter client is configured. Set `client_config` or `client`, or JMP_NAMESPACE, JMP_NAME, JMP_ENDPOINT and JMP_TOKEN, or choose one with `jmp config client use NAME`."
    )]
    NoConfig,
    /// The endpoint, or a proxy's address, is not `host:port`.
    #[error("{what} {address:?} is not an address such as controller.example:443. Correct it.")]
    Address {
        /// Whose address.
        what: &'static str,
        /// As it is configured.
        address: String,
    },
    /// The text is none of the forms that `jmp --duration` takes.
    #[error("{text:?} is not a duration. Write 30m, 1h30m, 1d3h, PT1H30M, 01:30:00, or a number of seconds.")]
    Duration {
        /// As it was given.
        text: String,
    },

    /// The operating system refuses what is needed, such as memory, processes, space on a disk.
    #[error("{what}: {fault}.")]
    System {
        /// What can't be done: a sentence without its full stop.
        what: String,
        /// The refusal, and what helps.
        fault: SystemFault,
    },

    /// No connection to the controller, or it broke.
    #[error(
        "The Jumpstarter controller at {endpoint} can't be reached: {why}. Check that it runs and that this machine may connect to it."
    )]
    Unreachable {
        /// `host:port`.
        endpoint: String,
        /// The system's, or the proxy's, words.
        why: String,
        /// Whether a request may have got through before it broke.
        sent: bool,
    },
    /// The server's certificate is not to be trusted, or it speaks no TLS.
    #[error(
        "No secure connection to the Jumpstarter controller at {endpoint}: {why}. {remedy}. What is trusted stands in `tls.ca` of the client config."
    )]
    Tls {
        /// `host:port`.
        endpoint: String,
        /// What is wrong with the certificate or the handshake.
        why: String,
        /// What to do: a sentence without its full stop.
        remedy: Cow<'static, str>,
    },
    /// The controller was silent for too long.
    #[error("The Jumpstarter controller at {endpoint} did not answer within {} s. Check whether it is overloaded, and run the task again.", after.as_secs_f64())]
    Timeout {
        /// `host:port`.
        endpoint: String,
        /// How long it was waited for.
        after: Duration,
        /// Whether the request may have got through.
        sent: bool,
    },
    /// The answer is not one that a Jumpstarter controller gives.
    #[error(
        "{endpoint} does not answer as a Jumpstarter controller does: {why}. Check `endpoint` in the client config."
    )]
    Protocol {
        /// `host:port`.
        endpoint: String,
        /// What was wrong.
        why: String,
    },

    /// Its list is longer than any laboratory's.
    #[error(
        "The Jumpstarter controller at {endpoint} lists more {what} than can be looked through. Name the one that is meant, or narrow the list down by `tags`; have old leases removed."
    )]
    TooMany {
        /// `host:port`.
        endpoint: String,
        /// Such as `leases`.
        what: &'static str,
    },

    /// The token's life is over; the config was read again and holds no newer one.
    #[error(
        "The token of the Jumpstarter client {client} has expired. Renew it with `jmp auth refresh --client {client}`, or put a new one into the client config."
    )]
    TokenExpired {
        /// The client's alias, for `--client`.
        client: String,
    },
    /// The controller does not take the token, or not for this client.
    #[error(
        "The Jumpstarter controller refuses the client {client}: {why}. Check token, name and namespace in the client config."
    )]
    Refused {
        /// `NAMESPACE/NAME`.
        client: String,
        /// The controller's words.
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
        "There is no lease {lease}. It may never have been made; list the leases with `jmp get leases -a`."
    )]
    NotFound {
        /// The lease's name.
        lease: String,
    },
    /// No exporter has this name or these labels.
    #[error("There is no bench {target}. Correct `exporter` or `selector`; `jmp get exporters` lists them.")]
    NoSuchBench {
        /// What was looked for.
        target: Target,
    },
    /// The name is taken, also by a lease that has ended.
    #[error(
        "The lease name {lease} is taken, and names stay taken when a lease has ended. Choose another, or leave the name out."
    )]
    NameTaken {
        /// The lease's name.
        lease: String,
    },
    /// The lease exists, but was asked for with something else in mind.
    #[error(
        "The lease {lease} exists but differs: {difference}. Choose another name, or release that lease first."
    )]
    Differs {
        /// The lease's name.
        lease: String,
        /// What it has, and what was asked for.
        difference: String,
    },
    /// The lease is kept alive by a process that can't be told from here.
    #[error(
        "The lease {lease} is kept alive by its job{who}, and only that can let it last longer. Renew it in that job, by a task without `become`, `async` and `keepalive: false`."
    )]
    KeptElsewhere {
        /// The lease's name.
        lease: String,
        /// Which job, in parentheses.
        who: String,
    },
    /// The controller does not accept the request.
    #[error("The Jumpstarter controller does not accept the request: {why}. Correct the task's options.")]
    Invalid {
        /// The controller's words.
        why: String,
    },
    /// The controller failed.
    #[error(
        "The Jumpstarter controller failed (gRPC status {status}): {why}. Look into its log, or run the task again."
    )]
    Server {
        /// The gRPC status code.
        status: u32,
        /// The controller's words.
        why: String,
        /// Whether it looks as if it could go better a moment later.
        may_pass: bool,
    },
    /// Whether the lease was made is not known, and could not be found out.
    #[error(
        "The controller's answer to the request for the lease {lease} was lost, and it could not be found out whether the lease was made ({why}). Release {lease} by name before you try again."
    )]
    UnknownOutcome {
        /// The lease's name.
        lease: String,
        /// Why the last attempt to find out failed.
        why: String,
    },

    /// The lease can't be had, or is over.
    #[error("The lease {lease} {ended}")]
    Ended {
        /// The lease's name.
        lease: String,
        /// How it ended.
        ended: Ended,
    },
    /// The bench did not become free in time.
    #[error("The lease {lease} was not ready within {} s: {why}. Wait longer with `wait_timeout`, or ask who holds the bench.", after.as_secs())]
    WaitTimeout {
        /// The lease's name.
        lease: String,
        /// How long it was waited for.
        after: Duration,
        /// Who holds the bench, or the controller's last reason.
        why: String,
    },
    /// The bench could not be had, and then the lease could not be deleted either.
    #[error(
        "{cause} The lease {lease} could not be deleted afterwards ({why}); release it by name, or it ends with its duration."
    )]
    NotGivenBack {
        /// The lease's name.
        lease: String,
        /// Why the bench could not be had.
        cause: Box<Error>,
        /// Why the lease could not be deleted.
        why: Box<Error>,
    },
    /// The job that the bench was for is over.
    #[error(
        "The job that wanted the lease {lease} has ended; nobody needs the bench any more. Start the job again."
    )]
    Abandoned {
        /// The lease's name.
        lease: String,
    },
    /// Nobody knows any more that the lease is still this job's.
    #[error(
        "The lease {lease} can no longer be relied on: {why}. Nothing was done to the device; acquire the bench again."
    )]
    Unsure {
        /// The lease's name.
        lease: String,
        /// What is known.
        why: String,
    },

    /// The process that keeps leases alive can't be started or talked to.
    #[error("The process that keeps leases alive can't be used: {why}. {remedy}.")]
    Keepalive {
        /// What went wrong.
        why: String,
        /// What helps: a sentence without its full stop.
        remedy: &'static str,
    },
    /// `jmp` would refuse the exporter configuration.
    #[error("The exporter configuration is not valid: {why}. Correct the template or its variables.")]
    ExporterConfig {
        /// What is wrong, with the line where it is known.
        why: String,
    },
    /// The name can't be a file's.
    #[error("{name:?} can't be the name of an exporter: it becomes a file name. Leave out slashes.")]
    ExporterName {
        /// As it was given.
        name: String,
    },
    /// The program is not there.
    #[error("There is no program {program} on PATH. Install jumpstarter-cli, or put its directory on PATH.")]
    Program {
        /// Which program.
        program: String,
    },
    /// No shell can take the command.
    #[error("The command {command:?} holds a NUL character, which no shell can take. Take it out.")]
    Command {
        /// As it was given, the character replaced.
        command: String,
    },
    /// The command in the shell took too long; everything that was started was ended.
    #[error("The command {command:?} did not end within {} s; it was stopped with everything it had started. Set a longer `timeout`, or look at the device.", after.as_secs_f64())]
    CommandTimeout {
        /// As it was given.
        command: String,
        /// How long it was waited for.
        after: Duration,
    },
    /// There was no way to the device.
    #[error(
        "`jmp shell` could not connect to {device}, and began no command: {why}. Look whether that is there and may be used, and run `jmp shell` by hand to see more."
    )]
    NoDevice {
        /// Which device.
        device: String,
        /// The last lines that `jmp` printed.
        why: String,
    },
    /// `jmp` itself failed while a command ran.
    #[error("`jmp shell` failed: {why}. Run it by hand with the same options to see more.")]
    Shell {
        /// The last lines that it printed.
        why: String,
    },
}

impl Error {
    /// The system's refusal, with what can't be done because of it.
    pub(crate) fn system(what: impl Into<String>, error: &std::io::Error) -> Self {
        Error::System { what: what.into(), fault: SystemFault::of(error) }
    }

    /// For a program that was not started.
    pub(crate) fn start(error: &StartError) -> Self {
        let program = error.program.display();
        if error.is_missing {
            return Error::Program { program: program.to_string() };
        }
        Error::System { what: format!("{program} can't be started"), fault: error.fault.clone() }
    }

    /// For a private folder or file that can't be had.
    pub(crate) fn private(what: &str, error: &PrivateError) -> Self {
        match error {
            PrivateError::System { path, fault } => {
                Error::System { what: format!("{what} in {}", path.display()), fault: fault.clone() }
            }
            squatted @ PrivateError::Squatted { .. } => {
                Error::system(what, &std::io::Error::other(squatted.to_string()))
            }
        }
    }
}
