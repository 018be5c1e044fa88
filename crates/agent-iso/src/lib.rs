//! Builds the ISO of OpenShift's agent-based installer with the program `openshift-install`. Knows no Ansible.
//!
//! | what | where |
//! |---|---|
//! | the inputs: read, checked, hashed | [`Inputs`] |
//! | which release a channel means, and its files | [`Mirror`] |
//! | the program, fetched once per version | [`InstallerStore`], [`Installer`] |
//! | one build in a private folder | [`Build`] |
//! | whether something can be made at a place | [`check_place`], [`check_changeable`] |
//! | the ISO with its kubeconfig, and what is known of its build | [`Product`] |
#![cfg_attr(test, allow(clippy::disallowed_methods))] // tests lay out by hand what others would
mod agent_config;
mod building;
mod concealment;
mod document;
mod error;
mod inputs;
mod install_config;
mod installer;
mod installer_store;
mod iso_file;
mod log_lines;
mod mirror;
mod network;
mod network_names;
mod place;
mod product;
mod program_path;
mod pull_secret;
mod version;
mod work_folder;
mod yaml_text;

pub use building::Build;
pub use document::Document;
pub use error::Error;
pub use inputs::Inputs;
pub use installer::{Installer, Release};
pub use installer_store::InstallerStore;
pub use mirror::{Archive, Mirror};
pub use place::{check_changeable, check_place};
pub use product::{Product, Record};
pub use version::Version;
