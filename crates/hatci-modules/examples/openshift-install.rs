//! The stand-in for `openshift-install`, for this crate's tests.
fn main() -> std::process::ExitCode {
    bench_sim::openshift_install::called()
}
