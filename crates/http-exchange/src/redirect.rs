//! Where a redirect may lead: within the origin, with the method as it was.
use crate::{base_url::Origin, call::Method};
use ureq::http::Uri;

/// How many redirects are followed in one attempt.
const MOST: u32 = 5;

/// The address to send the same request to, or why it isn't followed.
pub(crate) fn follow(
    method: Method,
    status: u16,
    from: &Uri,
    origin: &Origin,
    location: Option<&str>,
    already_followed: u32,
) -> Result<Uri, &'static str> {
    let location = location.filter(|to| !to.is_empty()).ok_or("the answer names no readable place")?;
    let keeps_method = matches!(status, 307 | 308);
    if !keeps_method && !matches!(status, 301..=303) {
        return Err("this kind of redirect is not one for an API");
    }
    if !keeps_method && method != Method::Get {
        return Err("following it would turn the request into a GET");
    }
    if already_followed == MOST {
        return Err("five were followed already");
    }
    let target = resolve(from, origin, location).ok_or("this is no usable address")?;
    match Origin::of(&target).ok_or("this is no usable address")? {
        to if to == *origin => Ok(target),
        _ => Err("credentials are never taken to another scheme, host or port"),
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

#[cfg(test)]
mod tests {
    use super::*;

    fn followed(method: Method, status: u16, location: &str) -> Result<String, &'static str> {
        let from: Uri = "https://sums.example:8443/api/v1/events?page=1".parse().unwrap();
        let origin = Origin::of(&from).unwrap();
        follow(method, status, &from, &origin, Some(location), 0).map(|uri| uri.to_string())
    }

    #[test]
    fn every_form_of_address_within_the_origin_is_followed() {
        for (location, target) in [
            ("https://sums.example:8443/x?y=1", "https://sums.example:8443/x?y=1"),
            ("HTTPS://SUMS.example:8443/x", "https://SUMS.example:8443/x"),
            ("//sums.example:8443/x", "https://sums.example:8443/x"),
            ("/api/v2/events/#top", "https://sums.example:8443/api/v2/events/"),
            ("events/", "https://sums.example:8443/api/v1/events/"),
            ("?page=2", "https://sums.example:8443/api/v1/events?page=2"),
        ] {
            for status in [301, 302, 303, 307, 308] {
                assert_eq!(followed(Method::Get, status, location).as_deref(), Ok(target), "{location}");
            }
        }
    }

    #[test]
    fn nothing_leaves_the_origin() {
        for location in [
            "http://sums.example:8443/",
            "https://sums.example/",
            "https://evil.example:8443/",
            "//evil.example:8443/",
            "https://sums.example:8443@evil.example/",
            "https://evil.example:8443/?sums.example",
            "ftp://sums.example:8443/",
            "javascript://sums.example:8443/",
            "https://a:b@sums.example:8443/",
            "https:///x",
            "../x",
            "",
        ] {
            let refused = followed(Method::Get, 302, location);
            assert!(refused.is_err(), "{location:?} leads to {refused:?}");
        }
    }

    #[test]
    fn a_method_is_never_changed() {
        for method in [Method::Post, Method::Patch] {
            for status in [301, 302, 303] {
                assert!(followed(method, status, "/x").unwrap_err().contains("into a GET"));
            }
            for status in [307, 308] {
                assert!(followed(method, status, "/x").is_ok());
            }
        }
        for status in [300, 304, 305, 306] {
            assert!(followed(Method::Get, status, "/x").is_err());
        }
    }
}
