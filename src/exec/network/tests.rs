//! Which hosts a pattern grants, and what programs are told of the proxy.

use super::*;
use crate::http::Authority;

fn pattern(text: &str) -> HostPattern {
    text.parse().unwrap_or_else(|error: String| panic!("{error}"))
}

#[rustfmt::skip]
#[test]
fn patterns_grant_what_they_name() {
    let table = [
        // pattern           host and port            granted
        ("docs.rs",          "docs.rs:443",           true),
        ("docs.rs",          "docs.rs:80",            true),
        ("docs.rs",          "DOCS.RS.:443",          true),
        ("DOCS.rs.",         "docs.rs:443",           true),
        ("docs.rs",          "docs.rs:22",            false),
        ("docs.rs",          "docs.rs:8443",          false),
        ("docs.rs",          "a.docs.rs:443",         false),
        ("docs.rs",          "adocs.rs:443",          false),
        ("docs.rs",          "docs.rs.evil:443",      false),
        ("docs.rs:8443",     "docs.rs:8443",          true),
        ("docs.rs:8443",     "docs.rs:443",           false),
        ("*.docs.rs",        "a.docs.rs:443",         true),
        ("*.docs.rs",        "a.b.docs.rs:80",        true),
        ("*.docs.rs",        "docs.rs:443",           false),
        ("*.docs.rs",        "adocs.rs:443",          false),
        ("*.docs.rs",        "docs.rs.evil.io:443",   false),
        ("*.docs.rs",        "a.docs.rs:8080",        false),
        ("*.docs.rs:8080",   "a.docs.rs:8080",        true),
        ("*.docs.rs:8080",   "a.docs.rs:443",         false),
        ("bücher.example",   "xn--bcher-kva.example:443", true),
        ("127.0.0.1:8080",   "127.0.0.1:8080",        true),
        ("127.0.0.1:8080",   "127.0.0.1:8081",        false),
        ("127.0.0.1:8080",   "127.0.0.2:8080",        false),
        ("127.0.0.1:8080",   "localhost:8080",        false),
        ("localhost:8080",   "localhost:8080",        true),
        ("localhost:8080",   "127.0.0.1:8080",        false),
        ("localhost:8080",   "a.localhost:8080",      false),
        ("[::1]:8080",       "[::1]:8080",            true),
        ("1.1.1.1",          "1.1.1.1:443",           true),
        ("192.168.1.7:5000", "192.168.1.7:5000",      true),
    ];
    for (text, target, granted) in table {
        let Authority { host, port } = Authority::parse(target).unwrap();
        let pattern = pattern(text);
        assert_eq!(pattern.grants(&host, port.unwrap()), granted, "{text} {target}");
        assert_eq!(pattern.to_string().parse(), Ok(pattern), "{text} reads again");
    }
}

#[rustfmt::skip]
#[test]
fn what_is_no_pattern_is_refused_with_a_reason() {
    let table = [
        ("",                       "no name"),
        ("*",                      "network = true"),
        ("*.",                     "no name"),
        ("*.com",                  "too wide"),
        ("*.1.1.1.1",              "too wide"),
        ("*.localhost:80",         "name at least two labels"),
        ("a.*.com",                "no first label"),
        ("**.docs.rs",             "no first label"),
        ("*docs.rs",               "no first label"),
        ("https://docs.rs",        "scheme"),
        ("docs.rs/x",              "character"),
        ("u@docs.rs",              "user's name"),
        ("docs.rs:0",              "port"),
        ("0x7f.1:80",              "unusual form"),
        ("localhost",              "name the port"),
        ("127.0.0.1",              "name the port"),
        ("[::1]",                  "name the port"),
        ("10.1.2.3",               "name the port"),
        ("169.254.169.254:80",     "metadata"),
        ("169.254.1.1:80",         "link-local"),
        ("0.0.0.0:80",             "reserved"),
        ("224.0.0.1:80",           "multicast"),
        ("[::ffff:127.0.0.1]:80",  "unusual form"),
        ("[64:ff9b::a9fe:a9fe]:80", "metadata"),
    ];
    for (text, wanted) in table {
        let error = text.parse::<HostPattern>().unwrap_err();
        assert!(error.contains(wanted), "{text}: {error}");
    }
}

#[test]
fn an_empty_list_is_no_network() {
    assert_eq!(Network::only(vec![]), Network::None);
    assert_eq!(Network::None.with(vec![]), Network::None);
    assert_eq!(Network::default(), Network::None);
    assert_eq!(Network::All.with(vec![pattern("docs.rs")]), Network::All);
    let one = Network::None.with(vec![pattern("docs.rs")]);
    assert_eq!(one, Network::Hosts(vec![pattern("docs.rs")]));
    assert_eq!(one.meet(&Network::only(vec![pattern("x.io")])), Network::None);
}

#[cfg(target_os = "linux")]
#[test]
fn programs_are_led_to_the_proxy_and_to_no_other() {
    let surround = |network: &Network| {
        let before = [("HTTPS_PROXY", "http://corporate:3128"), ("no_proxy", "*"), ("A", "1")];
        let mut env: Vec<_> = before.map(|(n, v)| (n.to_owned(), v.to_owned())).into();
        network.surround(&mut env);
        env
    };
    assert_eq!(surround(&Network::None).len(), 3);
    assert_eq!(surround(&Network::All).len(), 3);
    let get = |network: &Network, name: &str| {
        let all: Vec<_> =
            surround(network).into_iter().filter(|(n, _)| n == name).map(|(_, v)| v).collect();
        assert_eq!(all.len(), 1, "{name}");
        all[0].clone()
    };
    let plain = Network::only(vec![pattern("docs.rs")]);
    for name in ["http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"] {
        assert_eq!(get(&plain, name), "http://127.0.0.1:3128");
    }
    assert_eq!(get(&plain, "NO_PROXY"), "localhost,127.0.0.1,::1");
    assert_eq!(get(&plain, "A"), "1");
    let local = Network::only(vec![pattern("127.0.0.1:5000")]);
    assert_eq!(get(&local, "no_proxy"), "localhost,::1");
}

fn patterns() -> impl proptest::strategy::Strategy<Value = String> {
    let port = "(:80|:443|:8443)?";
    proptest::string::string_regex(&format!("(\\*\\.)?([ab]\\.){{0,2}}x\\.io{port}")).unwrap()
}

proptest::proptest! {
    #[test]
    fn what_two_patterns_share_is_what_both_grant(
        a in patterns(), b in patterns(),
        host in "([ab]\\.){0,3}x\\.io", port in proptest::sample::select(vec![80, 443, 8443]),
    ) {
        let (a, b) = (pattern(&a), pattern(&b));
        let host = crate::http::Host::parse(&host).unwrap();
        let both = a.grants(&host, port) && b.grants(&host, port);
        let met = a.meet(&b).is_some_and(|met| met.grants(&host, port));
        proptest::prop_assert_eq!(met, both);
        proptest::prop_assert_eq!(a.meet(&b), b.meet(&a));
    }
}
