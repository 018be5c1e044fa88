//! `~` and `$VARIABLE` in a path, as Python's `os.path.expandvars` and `os.path.expanduser` do it on POSIX.
use crate::Env;

/// Variables first, then the home directory; what is unknown stays as it is.
pub(super) fn expand(path: &str, env: &dyn Env) -> String {
    expand_home(&expand_variables(path, env), env)
}

fn expand_variables(path: &str, env: &dyn Env) -> String {
    let mut out = String::new();
    let mut rest = path;
    while let Some((before, after)) = rest.split_once('$') {
        let (name, len) = variable(after);
        out += before;
        match env.get(name) {
            Some(value) if !name.is_empty() => out += &value,
            _ => {
                out.push('$');
                out += &after[..len];
            }
        }
        rest = &after[len..];
    }
    out + rest
}

/// The name of the variable behind a `$`, and how long it is with its braces; empty if there is none.
fn variable(after: &str) -> (&str, usize) {
    if let Some((name, _)) = after.strip_prefix('{').and_then(|braced| braced.split_once('}')) {
        return (name, name.len() + 2);
    }
    let len = after.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(after.len());
    (&after[..len], len)
}

fn expand_home(path: &str, env: &dyn Env) -> String {
    let Some(named) = path.strip_prefix('~') else { return path.into() };
    let (user, below) = named.split_at(named.find('/').unwrap_or(named.len()));
    match home_of(user, env) {
        None => path.into(),
        Some(home) => match home.trim_end_matches('/').to_owned() + below {
            path if path.is_empty() => "/".into(),
            path => path,
        },
    }
}

/// The home directory of that user, or of one's own if the name is empty.
fn home_of(user: &str, env: &dyn Env) -> Option<String> {
    if !user.is_empty() {
        return account(|name, _| name == user);
    }
    let own_id = rustix::process::getuid().as_raw().to_string();
    env.get("HOME").or_else(|| account(|_, id| id == own_id))
}

/// A file of users that is larger is none.
const LARGEST: u64 = 8 << 20;

/// The home directory of the first account in the file of users that is `wanted` by its name and user id.
///
/// Directory services are not asked: a static binary can't load what would ask them.
fn account(wanted: impl Fn(&str, &str) -> bool) -> Option<String> {
    let users = hardened_host::read_named_file(std::path::Path::new("/etc/passwd"), LARGEST).ok()?;
    String::from_utf8_lossy(&users).lines().find_map(|line| {
        let mut fields = line.split(':');
        let (name, _password, id) = (fields.next()?, fields.next()?, fields.next()?);
        let (_group, _comment, home) = (fields.next()?, fields.next()?, fields.next()?);
        wanted(name, id).then(|| home.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fixed(Option<&'static str>);
    impl Env for Fixed {
        fn get(&self, name: &str) -> Option<String> {
            match name {
                "HOME" => self.0.map(Into::into),
                "A" => Some("$B".into()),
                "B_1" => Some("b".into()),
                _ => None,
            }
        }
    }
    const ENV: Fixed = Fixed(Some("/home/u/"));

    #[test]
    fn variables_are_expanded_once() {
        assert_eq!(expand("$A/x", &ENV), "$B/x");
        assert_eq!(expand("x${B_1}y/$B_1", &ENV), "xby/b");
    }

    #[test]
    fn what_is_no_variable_stays() {
        for path in ["$", "a$/b", "${", "${}", "${A", "$UNSET/${UNSET}", "$é", "$$"] {
            assert_eq!(expand(path, &ENV), path);
        }
    }

    #[test]
    fn a_leading_tilde_is_a_home() {
        assert_eq!(expand("~", &ENV), "/home/u");
        assert_eq!(expand("~/x~", &ENV), "/home/u/x~");
        assert_eq!(expand("~root/x", &ENV), account(|name, _| name == "root").unwrap() + "/x");
        assert_eq!(expand("~no such user/x", &ENV), "~no such user/x");
        assert_eq!(expand("~", &Fixed(Some("/"))), "/");
        assert_eq!(expand("~/x", &Fixed(Some(""))), "/x");
    }

    #[test]
    fn without_the_variable_the_user_id_says_whose_home() {
        let own_id = rustix::process::getuid().as_raw().to_string();
        let own = account(|_, id| id == own_id).unwrap_or("~".into());
        assert_eq!(expand("~", &Fixed(None)), own);
    }
}
