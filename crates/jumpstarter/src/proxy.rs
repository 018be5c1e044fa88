//! HTTP proxies: chosen by the variables that gRPC, and so `jmp`, reads, and used with CONNECT.
use crate::{Error, address::Address, environment::Environment};
use base64::{Engine, prelude::BASE64_STANDARD};
use percent_encoding::percent_decode_str;
use server_trust::network_has;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// A proxy. Its credentials can't be printed.
pub(crate) struct Proxy {
    pub(crate) address: Address,
    /// The value of Proxy-Authorization.
    login: Option<String>,
}

/// The proxy for a controller; `None` to connect directly. All variables are lower case, as in gRPC.
pub(crate) fn choose(environment: &Environment, controller: &Address) -> Result<Option<Proxy>, Error> {
    let Some(url) = environment.first(&["grpc_proxy", "https_proxy", "http_proxy"]) else { return Ok(None) };
    let exempt = environment.first(&["no_grpc_proxy", "no_proxy"]).unwrap_or_default();
    if exempt.split(',').any(|entry| covers(entry.trim(), &controller.host)) {
        return Ok(None);
    }
    let rest = url.strip_prefix("http://").unwrap_or(url).trim_end_matches('/');
    let (login, address) =
        rest.rsplit_once('@').map_or((None, rest), |(login, address)| (Some(login), address));
    let login = login.map(|login| {
        let plain: Vec<u8> = percent_decode_str(login).collect();
        format!("Basic {}", BASE64_STANDARD.encode(plain))
    });
    Ok(Some(Proxy { address: Address::parse(address, "The proxy")?, login }))
}

/// Whether an entry of `no_proxy` exempts the host: a network such as 10.0.0.0/8, or the end of a name.
fn covers(entry: &str, host: &str) -> bool {
    match host.parse() {
        Ok(address) if entry.contains('/') => network_has(entry, address),
        _ => !entry.is_empty() && host.to_ascii_lowercase().ends_with(&entry.to_ascii_lowercase()),
    }
}

impl Proxy {
    /// Asks the proxy, on a new connection to it, for a tunnel to the controller.
    pub(crate) async fn tunnel(&self, stream: &mut TcpStream, controller: &Address) -> Result<(), String> {
        const LONGEST_ANSWER: usize = 8192;
        let target = controller.text();
        let login =
            self.login.as_ref().map_or(String::new(), |login| format!("Proxy-Authorization: {login}\r\n"));
        let request = format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n{login}\r\n");
        let broken =
            |e: std::io::Error| format!("the connection to the proxy {} broke: {e}", self.address.text());
        stream.write_all(request.as_bytes()).await.map_err(broken)?;
        let mut answer = Vec::new();
        while !answer.ends_with(b"\r\n\r\n") {
            if answer.len() == LONGEST_ANSWER {
                return Err(format!("the proxy {} does not answer like an HTTP proxy", self.address.text()));
            }
            // Byte by byte: what follows belongs to the controller.
            answer.push(stream.read_u8().await.map_err(broken)?);
        }
        let head = String::from_utf8_lossy(&answer);
        let status = head.lines().next().unwrap_or_default();
        match status.split(' ').nth(1) {
            Some(code) if code.starts_with('2') => Ok(()),
            _ => Err(format!("the proxy {} refused the connection: {status}", self.address.text())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(env: &[(&str, &str)], host: &str) -> Option<Proxy> {
        let environment =
            Environment::of(|name| env.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).into()));
        choose(&environment, &Address { host: host.into(), port: 8082 }).unwrap()
    }

    #[test]
    fn chooses_as_grpc_does() {
        assert!(chosen(&[], "c.example").is_none());
        let both = [("http_proxy", "http://p1:1"), ("https_proxy", "http://p2:2/")];
        assert_eq!(chosen(&both, "c.example").unwrap().address.text(), "p2:2");
        let all = [both[0], both[1], ("grpc_proxy", "http://us%40er:pw@p3:3")];
        let proxy = chosen(&all, "c.example").unwrap();
        assert_eq!(proxy.address.text(), "p3:3");
        assert_eq!(proxy.login.unwrap(), format!("Basic {}", BASE64_STANDARD.encode("us@er:pw")));
    }

    #[test]
    fn leaves_out_what_no_proxy_covers() {
        for (list, host, covered) in [
            ("example.com,.lab", "c.lab", true),
            ("LAB", "c.lab", true),
            ("10.0.0.0/8", "10.1.2.3", true),
            ("10.0.0.0/8", "11.1.2.3", false),
            ("fd00::/8", "fd00::1", true),
            ("0.0.0.0/0", "11.1.2.3", true),
            ("127.0.0.1", "127.0.0.1", true),
            ("", "c.lab", false),
            ("lab.example", "c.lab", false),
        ] {
            let env = [("grpc_proxy", "p:1"), ("no_proxy", list)];
            assert_eq!(chosen(&env, host).is_none(), covered, "{list} {host}");
        }
    }
}
