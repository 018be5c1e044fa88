//! `openshift_agent_iso` as a program, with a stand-in for `openshift-install` and for the mirror of its releases.
#![allow(clippy::disallowed_methods)] // the program under test is started plainly
mod bench;
mod built;
mod failures;
mod refusals;
mod secrets;
