//! Versioned packages of environments: what is in them, whether it is valid, and what is generated from them. Knows neither Ansible nor a
//! network.
//!
//! | what | where |
//! |---|---|
//! | the root of a repository, and its packages | [`Root`] |
//! | a package: `config/packages/ID/package.json` | [`Package`], [`Environment`], [`PackageFile`] |
//! | all definitions of a repository, checked by their schemas | [`DefinitionsCheck`], [`Schemas`] |
//! | whether versions were raised with what they name | [`BumpCheck`] |
//! | a version, as written and by its precedence | [`Version`] |
//! | the outputs of an environment: planned, generated, read, removed | [`plan`], [`generate`], [`read_outputs`], [`remove`] |
//! | the seed images of a role | [`plan_seeds`], [`build_seeds`], [`remove_seeds`] |
//! | what is wrong, and where | [`Problem`] |
#![cfg_attr(test, allow(clippy::disallowed_methods))] // tests lay out by hand what others would
mod bump;
mod bump_git;
mod contents;
mod cross_check;
mod definition;
mod definition_scalar;
mod definition_tree;
mod digest;
#[cfg(test)]
mod fuzz;
mod json;
mod name;
mod outputs;
mod package;
mod package_check;
mod package_file;
mod package_lines;
mod problem;
mod root;
mod schema;
mod schema_check;
mod schema_fault;
mod schema_fields;
mod schema_limits;
mod schema_reader;
mod schemas;
mod seed;
mod sources;
mod version;

pub use bump::BumpCheck;
pub use definition::DefinitionsCheck;
pub use definition_tree::{Node, TreeError, read_documents};
pub use digest::sha256_hex;
pub use json::{JsonError, read_json};
pub use name::Name;
pub use outputs::{
    Difference, Generation, METADATA, Metadata, OutputFile, OutputsError, Place, check_against_package,
    generate, has_leftovers, plan, read_outputs, remove, would_remove,
};
pub use package::{Environment, Package};
pub use package_file::PackageFile;
pub use problem::Problem;
pub use root::{Root, RootError};
pub use schemas::Schemas;
pub use seed::{Image, SeedError, SeedPlan, SeedRequest, build_seeds, plan_seeds, remove_seeds};
pub use sources::Sources;
pub use version::Version;
