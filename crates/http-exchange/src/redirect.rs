//! Where a redirect may lead: within the origin, with the method as it was.
use crate::{
    base_url::{Origin, without_secrets},
    call::Method,
    fault::Fault,
};
use ureq::http::Uri;

/// How many redirects are followed in one attempt.
pub(crate) const MOST: u32 = 5;

/// The address to send the same request to, or why not.
pub(crate) fn follow(
    method: Method,
    status: u16,
    from: &Uri,
    origin: &Origin,
    location: Option<&str>,
) -> Result<Uri, Fault> {
    let refuse = |to: &str, why| Err(Fault::Redirected { status, to: without_secrets(to), why });
    let Some(location) = location else { return refuse("nowhere", "the answer names no readable place") };
    let keeps_method = matches!(status, 307 | 308);
    if !matches!(status, 301..=303) && !keeps_method {
        return refuse(location, "this kind of redirect is not one for an API");
    }
    if method != Method::Get && !keeps_method {
        return refuse(location, "following it would turn the request into a GET");
    }
    let Some(target) = resolve(from, origin, location) else {
        return refuse(location, "this is no usable address");
    };
    match Origin::of(&target) {
        Some(to) if to == *origin => Ok(target),
        Some(to) => refuse(&to.to_string(), "credentials are never taken to another scheme, host or port"),
        None => refuse(location, "this is no usable address"),
    }
}

/// An absolute address, one without scheme, one from the root, or one beside the present path.
fn resolve(from: &Uri, origin: &Origin, location: &str) -> Option<Uri> {
    let location = location.split('#').next()?;
    let scheme = if origin.https { "https" } else { "http" };
    let absolute = if location.contains("://") {
        location.to_owned()
    } else if location.starts_with("//") {
        format!("{scheme}:{location}")
    } else if location.starts_with('/') {
        format!("{origin}{location}")
    } else if location.starts_with('?') {
        format!("{origin}{}{location}", from.path())
    } else if location.split('/').any(|segment| segment == "..") {
        return None;
    } else {
        let folder = &from.path()[..=from.path().rfind('/')?];
        format!("{origin}{folder}{location}")
    };
    let uri: Uri = absolute.parse().ok()?;
    // Whoever logs in through a redirect's user info is not us.
    uri.authority().filter(|authority| !authority.as_str().contains('@'))?;
    Some(uri)
}
