//! Files, folders and child processes on a machine shared with other users: one safe way to do each.
//!
//! | what | where |
//! |---|---|
//! | read a file that the user named | [`read_named_file`]; [`open_named_file`] if it may be large |
//! | read below a folder, and never outside | [`ContainedFolder`] |
//! | read a file that this program has written where the user named it | [`read_own_file`] |
//! | share a private folder with later processes of this user | [`first_own_folder`] |
//! | create a private folder, and files and pipes in it | [`FreshFolder`] |
//! | open or create a known private folder or file | [`own_folder`], [`open_file`], [`create_file`] |
//! | replace a file that the user named, in one step | [`replace_file`] |
//! | work in a folder that others may exchange meanwhile | [`OpenFolder`] |
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
mod found_again;
mod guard;
mod kept_output;
mod kernel_file;
mod launch;
mod named_file;
mod open_folder;
mod place;
mod private;
mod private_error;
mod private_file;
mod replacement;
mod system_fault;
mod trusted_users;
mod walk;

pub use child::{Child, Ending, Guard, StartError};
pub use contained::{Contained, ContainedError, ContainedFault, ContainedFile, ContainedFolder};
pub use descriptors::{close_named, close_others};
pub use folder_exchange::exchange_folder;
pub use folder_lock::lock_folder;
pub use found_again::{FoundAgain, first_own_folder};
pub use guard::guard_if_asked;
pub use kept_output::{KeptOutput, Room};
pub use kernel_file::read_kernel_file;
pub use launch::Launch;
pub use named_file::{NamedFileError, open_named_file, read_named_file, read_own_file};
pub use open_folder::{EntryKind, OpenFolder};
pub use place::{exchangeable, login_place, safe_place};
pub use private::{FreshFolder, make_folders, named_folder, own_folder};
pub use private_error::PrivateError;
pub use private_file::{Access, OPENED_BY_USER, Regular, create_file, is_still_at, open_file, open_lock};
pub use replacement::{replace_file, unfinished};
pub use system_fault::SystemFault;
