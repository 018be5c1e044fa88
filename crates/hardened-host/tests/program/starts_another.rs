//! Starts a program as a module does: `starts-another SECONDS PROGRAM ARGUMENT...`, and prints how it ended and its output; with
//! `--folder PATH` before them it uses what is in that folder then, until its standard input ends.
//! `OUTPUT_FILE` in its environment makes the program interruptible.
use hardened_host::Launch;
use std::{io::Read, process::ExitCode, time::Duration};

fn main() -> ExitCode {
    if let Some(guard) = hardened_host::guard_if_asked() {
        return guard;
    }
    let words: Vec<String> = std::env::args().skip(1).collect();
    if let [option, folder, _, program, arguments @ ..] = words.as_slice()
        && option == "--folder"
    {
        let mut child =
            Launch::new(program).args(arguments).removing_later(folder).start().expect("it starts");
        println!("{:?}", child.ending());
        let _ = std::io::stdin().read(&mut [0]);
        return ExitCode::SUCCESS;
    }
    let [seconds, program, arguments @ ..] = words.as_slice() else { return ExitCode::FAILURE };
    let patience = Duration::from_secs(seconds.parse().expect("the first argument is a number"));
    let mut launch = Launch::new(program).args(arguments);
    if let Some(file) = std::env::var_os("OUTPUT_FILE") {
        launch = launch.interruptible(file, Duration::from_secs(30));
    }
    match launch.start() {
        Ok(child) => {
            let (ending, output) = child.finish(patience, 100_000);
            println!("{ending:?}\n{}", String::from_utf8_lossy(&output));
        }
        Err(error) => println!("{error:?}"),
    }
    ExitCode::SUCCESS
}
