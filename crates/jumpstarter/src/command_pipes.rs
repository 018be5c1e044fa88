//! The pipes through which a command in a `jmp shell` writes.
use crate::Error;
use hardened_host::{FreshFolder, KeptOutput, Room};
use std::{
    fs::File,
    io::{ErrorKind, Read},
};

/// What is read of a pipe before others have their turn: more than a pipe holds, so that it is empty of what came before.
const MOST_AT_ONCE: usize = 1 << 20;

/// What a command writes.
#[derive(Debug)]
pub(crate) struct Command {
    pub(crate) number: usize,
    pub(crate) out: (Pipe, KeptOutput),
    pub(crate) err: (Pipe, KeptOutput),
}

/// The end of a pipe that is read, as long as anybody may write into the other.
#[derive(Debug)]
pub(crate) struct Pipe(pub(crate) Option<File>);

/// Where what is read goes to.
pub(crate) enum Sink<'a> {
    Line(&'a mut Vec<u8>),
    Kept(&'a mut KeptOutput),
    Nowhere,
}

impl Command {
    pub(crate) fn open(folder: &FreshFolder, number: usize) -> Result<Self, Error> {
        let pipe = |kind| {
            let file = folder.open_pipe(&format!("{number}.{kind}"));
            file.map_err(|e| Error::private("The output of a command can't be read", &e))
        };
        let pipe = |kind| Ok::<_, Error>((Pipe(Some(pipe(kind)?)), KeptOutput::default()));
        Ok(Command { number, out: pipe("out")?, err: pipe("err")? })
    }
}

impl Pipe {
    /// Reads what is there. Without writers there is nothing, too; only if it `has_hung_up` there were some, and none will come.
    pub(crate) fn read(&mut self, has_hung_up: bool, sink: &mut Sink, room: &mut Room) {
        let Some(file) = &mut self.0 else { return };
        let mut piece = [0; 16 << 10];
        let mut total = 0;
        while total < MOST_AT_ONCE {
            match file.read(&mut piece) {
                Ok(0) if has_hung_up => {
                    self.0 = None;
                    return;
                }
                Ok(read @ 1..) => {
                    total += read;
                    match sink {
                        Sink::Line(line) => line.extend_from_slice(&piece[..read]),
                        Sink::Kept(kept) => kept.take(&piece[..read], room),
                        Sink::Nowhere => {}
                    }
                }
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                Ok(0) | Err(_) => return,
            }
        }
    }
}
