//! Files, folders and child processes on a machine shared with other users: one safe way to do each.
//!
//! | what | where |
//! |---|---|
//! | read a file that the user named | [`read_named_file`]; [`open_named_file`] if it may be large |
//! | read below a folder, and never outside | [`ContainedFolder`] |
//! | read a file that this program has written where the user named it | [`read_own_file`] |
//! | create a private folder, and files and pipes in it | [`FreshFolder`] |
//! | open or create a known private folder or file | [`own_folder`], [`open_file`], [`create_file`] |
//! | replace a file that the user named, in one step | [`replace_file`] |
//! | read a folder that may be replaced meanwhile | [`OpenFolder`] |
//! | replace a whole folder in one step | [`exchange_folder`] |
//! | work alone in a folder that the user named | [`lock_folder`] |
//! | start another program | [`Launch`], [`Child`]; [`guard_if_asked`] comes first in `main` |
//! | keep its output | [`KeptOutput`] |
//! | read a file in /proc or /sys | [`read_kernel_file`] |
//! | close inherited descriptors | [`close_others`], [`close_named`] |
//! | explain a system error | [`SystemFault`] |
#![allow(clippy::disallowed_methods)] // the one place for them
mod child;
mod contained;
mod descendants;
mod descriptors;
mod folder_exchange;
mod folder_lock;
mod followed;
mod guard;
mod kept_output;
mod kernel_file;
mod launch;
mod named_file;
mod open_folder;
mod place;
mod private;
mod replacement;
mod system_fault;
mod trusted_users;

pub use child::{Child, Ending, Guard, StartError};
pub use contained::{Contained, ContainedError, ContainedFault, ContainedFile, ContainedFolder};
pub use descriptors::{close_named, close_others};
pub use folder_exchange::exchange_folder;
pub use folder_lock::lock_folder;
pub use guard::guard_if_asked;
pub use kept_output::{KeptOutput, Room};
pub use kernel_file::read_kernel_file;
pub use launch::Launch;
pub use named_file::{NamedFileError, open_named_file, read_named_file, read_own_file};
pub use open_folder::{EntryKind, OpenFolder};
pub use place::{login_place, safe_place};
pub use private::{
    Access, FreshFolder, OPENED_BY_USER, PrivateError, create_file, first_own_folder, is_still_at,
    make_folders, named_folder, open_file, open_lock, own_folder,
};
pub use replacement::{replace_file, unfinished};
pub use system_fault::SystemFault;
