//! Commands in a `jmp shell`, each with its true exit code and its own output.
//!
//! `jmp shell` exits with 0 for a local exporter whatever the command did, and writes its log between the command's output. So
//! one shell runs a small script, which runs the commands one after the other, each with its output in pipes of its own, to which
//! `jmp` never writes. The script and the commands are files in a folder that no other user can enter: a command line can be seen by
//! everybody. Nothing that a command writes ever is in a file.
use crate::{Error, Shell, running_shell::RunningShell};
use hardened_host::FreshFolder;

/// Runs the commands 0.sh, 1.sh and so on, $2 of them, and tells of each when it begins and how it ended. Stops after a failure if
/// $3 says so.
const SCRIPT: &str = r#"
directory=$1 count=$2 stop=$3 number=0
exec 9>"$directory/told"
while [ "$number" -lt "$count" ]
do
    echo "begun $number 0" >&9
    /bin/sh "$directory/$number.sh" </dev/null >"$directory/$number.out" 2>"$directory/$number.err" 9>&-
    code=$?
    echo "ended $number $code" >&9
    [ "$code" = 0 ] || [ "$stop" = no ] || break
    number=$((number + 1))
done
"#;

impl Shell {
    /// Starts it, in the working folder of this process and with nothing to read.
    pub fn start(self) -> Result<RunningShell, Error> {
        if let Some(command) = self.commands.iter().find(|command| command.contains('\0')) {
            return Err(Error::Command { command: command.replace('\0', "\u{fffd}") });
        }
        let refused = |e| Error::private("The commands for `jmp shell` can't be prepared", &e);
        let folder = FreshFolder::new("jmp-shell-").map_err(refused)?;
        let script = folder.write("script", SCRIPT.as_bytes()).map_err(refused)?;
        for (number, command) in self.commands.iter().enumerate() {
            folder.write(&format!("{number}.sh"), format!("{command}\n").as_bytes()).map_err(refused)?;
            for kind in ["out", "err"] {
                folder.make_pipe(&format!("{number}.{kind}")).map_err(refused)?;
            }
        }
        folder.make_pipe("told").map_err(refused)?;
        let told = folder.open_pipe("told").map_err(refused)?;
        let launch = self.jmp.launch().in_working_folder().removing(folder.path());
        let launch = launch.args(["--log-level", "ERROR", "shell"]).args(self.device.options());
        let launch = launch.args(["--", "/bin/sh"]).arg(script).arg(folder.path());
        let launch = launch.arg(self.commands.len().to_string());
        let launch = launch.arg(if self.stops_at_failure { "yes" } else { "no" });
        let child = launch.start().map_err(|e| Error::start(&e))?;
        RunningShell::new(self, folder, told, child)
    }
}
