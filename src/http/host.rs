//! A host in the one form that can be compared: strict where programs disagree on what is meant.

use std::fmt;
use std::net::IpAddr;

/// A host: a name in small ASCII letters without a dot at its end, or an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Host {
    /// A name, in punycode where it has other letters.
    Name(String),
    /// An address that was written as addresses are.
    Address(IpAddr),
}

impl Host {
    /// Reads a host; an IPv6 address stands in brackets.
    ///
    /// # Errors
    ///
    /// Where it is no host, or written so that another program might read another one. The end of
    /// a sentence that begins with the host.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        const NO_HOST: &str = "is no name of a host";
        let odd = |c: char| c.is_control() || c.is_whitespace() || "/\\%?#<>^|\"`{}".contains(c);
        if text.contains('@') {
            return Err("holds a user's name, which no host does");
        }
        if text.contains(odd) {
            return Err("holds a character that no host has");
        }
        let address = match url::Host::parse(text).map_err(|_| NO_HOST)? {
            url::Host::Domain(name) => {
                let name = name.strip_suffix('.').unwrap_or(&name);
                let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
                let label = |label: &str| matches!(label.len(), 1..=63) && label.chars().all(plain);
                let fine = name.len() <= 253 && name.split('.').all(label);
                return if fine { Ok(Self::Name(name.to_ascii_lowercase())) } else { Err(NO_HOST) };
            }
            url::Host::Ipv4(ip) => (IpAddr::V4(ip), ip.to_string() == text),
            url::Host::Ipv6(ip) => (IpAddr::V6(ip), ip.to_ipv4_mapped().is_none()),
        };
        match address {
            (ip, true) => Ok(Self::Address(ip)),
            // 0x7f.1, 2130706433, 0177.0.0.1, ::ffff:7f00:1: some filter always reads them otherwise.
            (_, false) => Err("writes an address in an unusual form"),
        }
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Address(IpAddr::V4(ip)) => ip.fmt(f),
            Self::Address(IpAddr::V6(ip)) => write!(f, "[{ip}]"),
        }
    }
}

/// A host and, where one was written, a port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authority {
    /// The host.
    pub host: Host,
    /// The port, from 1.
    pub port: Option<u16>,
}

impl Authority {
    /// Reads `host` or `host:port`.
    ///
    /// # Errors
    ///
    /// As [`Host::parse`], and where the port is no plain number from 1 to 65535.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let (host, port) = match text.rsplit_once(':') {
            // The colon of an address in brackets is not the port's.
            Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
            _ => (text, None),
        };
        let host = Host::parse(host)?;
        let Some(port) = port else { return Ok(Self { host, port: None }) };
        match port.parse() {
            Ok(number @ 1_u16..) if number.to_string() == port => {
                Ok(Self { host, port: Some(number) })
            }
            _ => Err("has a port that is no number from 1 to 65535"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rustfmt::skip]
    #[test]
    fn hosts_have_one_form() {
        let odd = "unusual form";
        let table = [
            ("docs.rs",                          Ok("docs.rs")),
            ("DOCS.rs",                          Ok("docs.rs")),
            ("docs.rs.",                         Ok("docs.rs")),
            ("docs.rs:443",                      Ok("docs.rs:443")),
            ("docs.rs.:443",                     Ok("docs.rs:443")),
            ("bücher.example",                   Ok("xn--bcher-kva.example")),
            ("BÜCHER.example",                   Ok("xn--bcher-kva.example")),
            ("ｄocs.rs",                          Ok("docs.rs")),
            ("docs。rs",                          Ok("docs.rs")),
            ("a_b.example",                      Ok("a_b.example")),
            ("intranet",                         Ok("intranet")),
            ("127.0.0.1",                        Ok("127.0.0.1")),
            ("127.0.0.1:65535",                  Ok("127.0.0.1:65535")),
            ("[::1]",                            Ok("[::1]")),
            ("[::1]:8080",                       Ok("[::1]:8080")),
            ("[0:0::1]:8080",                    Ok("[::1]:8080")),
            ("",                                 Err("no name")),
            (".",                                Err("no name")),
            ("docs.rs..",                        Err("no name")),
            (".docs.rs",                         Err("no name")),
            ("docs..rs",                         Err("no name")),
            ("*.rs",                             Err("no name")),
            ("a,b",                              Err("no name")),
            ("a b",                              Err("character")),
            ("a\tb",                             Err("character")),
            ("good.example\0.evil.example",      Err("character")),
            ("good.example\u{85}",               Err("character")),
            ("good.example%00.evil.example",     Err("character")),
            ("%65vil.example",                   Err("character")),
            ("good.example/x",                   Err("character")),
            ("good.example?x",                   Err("character")),
            ("good.example#x",                   Err("character")),
            ("good.example\\@evil.example",      Err("user's name")),
            ("good.example@evil.example",        Err("user's name")),
            ("a:b@evil.example:80",              Err("user's name")),
            ("good.example\\.evil.example",      Err("character")),
            ("0x7f.1",                           Err(odd)),
            ("0x7f000001",                       Err(odd)),
            ("2130706433",                       Err(odd)),
            ("0177.0.0.1",                       Err(odd)),
            ("127.1",                            Err(odd)),
            ("127.0.0.1.",                       Err(odd)),
            ("１２７.0.0.1",                      Err(odd)),
            ("127。0。0。1",                      Err(odd)),
            ("[::ffff:127.0.0.1]",               Err(odd)),
            ("[::ffff:7f00:1]:80",               Err(odd)),
            ("256.0.0.1",                        Err("no name")),
            ("1.2.3.4.5",                        Err("no name")),
            ("::1",                              Err("no name")),
            ("[::1",                             Err("no name")),
            ("[::1%25lo]",                       Err("character")),
            ("docs.rs:",                         Err("port")),
            ("docs.rs:0",                        Err("port")),
            ("docs.rs:65536",                    Err("port")),
            ("docs.rs:+80",                      Err("port")),
            ("docs.rs:080",                      Err("port")),
            ("docs.rs:8 0",                      Err("port")),
            ("docs.rs:80:80",                    Err("no name")),
        ];
        for (text, wanted) in table {
            let got = Authority::parse(text);
            match (&got, wanted) {
                (Ok(got), Ok(wanted)) => {
                    let port = got.port.map(|port| format!(":{port}")).unwrap_or_default();
                    assert_eq!(format!("{}{port}", got.host), wanted, "{text:?}");
                }
                (Err(why), Err(wanted)) => assert!(why.contains(wanted), "{text:?}: {why}"),
                _ => panic!("{text:?}: {got:?}, not {wanted:?}"),
            }
        }
        assert!(Host::parse(&format!("{}.rs", "a".repeat(64))).is_err());
        assert!(Host::parse(&"a.".repeat(130)).is_err());
    }

    proptest::proptest! {
        #[test]
        fn what_was_read_reads_the_same_again(text in "[a-zA-Z0-9.\\[\\]:_%@\\-äｄ。]{0,24}") {
            if let Ok(host) = Host::parse(&text) {
                proptest::prop_assert_eq!(Host::parse(&host.to_string()), Ok(host));
            }
        }
    }
}
