//! Versioned packages of environments: what is in them, whether it is valid, and what is generated from them. Knows neither Ansible nor a
//! network.
//!
//! | what | where |
//! |---|---|
//! | the root of a repository, and its packages | [`Root`] |
//! | a package: `config/packages/ID/package.json` | [`Package`], [`Environment`], [`PackageFile`] |
//! | all definitions of a repository, checked by their schemas | [`DefinitionsCheck`], [`Schemas`] |
//! | a version, as written and by its precedence | [`Version`] |
//! | what is wrong, and where | [`Problem`] |
#![cfg_attr(test, allow(clippy::disallowed_methods))] // tests lay out by hand what others would
mod cross_check;
mod definition;
mod definition_scalar;
mod definition_tree;
mod json;
mod name;
mod package;
mod package_check;
mod package_file;
mod problem;
mod root;
mod schema;
mod schema_check;
mod schema_fault;
mod schema_fields;
mod schema_limits;
mod schema_reader;
mod schemas;
mod version;

pub use definition::DefinitionsCheck;
pub use definition_tree::{Node, TreeError, read_documents};
pub use json::{JsonError, read_json};
pub use name::Name;
pub use package::{Environment, Package};
pub use package_file::PackageFile;
pub use problem::Problem;
pub use root::{Root, RootError};
pub use schemas::Schemas;
pub use version::Version;
