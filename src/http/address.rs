//! Where an address leads: to the public network, or to what only this machine can reach.

use std::net::IpAddr;
use std::net::Ipv4Addr;
use std::net::Ipv6Addr;

/// What an address stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// A server that anybody can reach.
    Public,
    /// This machine.
    Loopback,
    /// The network that this machine is in: private, shared by a provider, or unique local.
    Private,
    /// The cable that this machine is at.
    LinkLocal,
    /// The keys of a machine in a cloud.
    Metadata,
    /// Many at once.
    Multicast,
    /// None: reserved, for documentation, a way around by translation.
    Reserved,
}

impl Reach {
    /// Its name, with an article.
    pub fn name(self) -> &'static str {
        match self {
            Self::Public => "a public address",
            Self::Loopback => "a loopback address",
            Self::Private => "a private address",
            Self::LinkLocal => "a link-local address",
            Self::Metadata => "the address of a cloud's metadata",
            Self::Multicast => "a multicast address",
            Self::Reserved => "a reserved address",
        }
    }
}

/// Where clouds answer a machine's questions about itself, its keys included.
const METADATA: [IpAddr; 5] = [
    IpAddr::V4(Ipv4Addr::new(169, 254, 169, 254)),
    IpAddr::V4(Ipv4Addr::new(100, 100, 100, 200)),
    IpAddr::V4(Ipv4Addr::new(168, 63, 129, 16)),
    IpAddr::V6(Ipv6Addr::new(0xfd00, 0x0ec2, 0, 0, 0, 0, 0, 0x254)),
    IpAddr::V6(Ipv6Addr::new(0xfd20, 0x00ce, 0, 0, 0, 0, 0, 0x254)),
];

/// What `ip` stands for, by the registries of special addresses (RFC 6890). An address that holds
/// another one (mapped, NAT64) stands for that.
pub fn reach(ip: IpAddr) -> Reach {
    if METADATA.contains(&ip) {
        return Reach::Metadata;
    }
    match ip {
        IpAddr::V4(ip) => of_v4(ip),
        IpAddr::V6(ip) => of_v6(ip),
    }
}

fn of_v4(ip: Ipv4Addr) -> Reach {
    match ip.octets() {
        [127, ..] => Reach::Loopback,
        [10, ..] | [172, 16..=31, ..] | [192, 168, ..] | [100, 64..=127, ..] => Reach::Private,
        [169, 254, ..] => Reach::LinkLocal,
        [224..=239, ..] => Reach::Multicast,
        [0 | 240..=255, ..]
        | [192, 0, 0 | 2, _]
        | [192, 88, 99, _]
        | [198, 18 | 19, ..]
        | [198, 51, 100, _]
        | [203, 0, 113, _] => Reach::Reserved,
        _ => Reach::Public,
    }
}

fn of_v6(ip: Ipv6Addr) -> Reach {
    let within = |a: u16, b: u16| {
        let ([a, b], [c, d]) = (a.to_be_bytes(), b.to_be_bytes());
        IpAddr::V4(Ipv4Addr::new(a, b, c, d))
    };
    match ip.segments() {
        [0, 0, 0, 0, 0, 0, 0, 1] => Reach::Loopback,
        [0, 0, 0, 0, 0, 0xffff, a, b] | [0x64, 0xff9b, 0, 0, 0, 0, a, b] => reach(within(a, b)),
        [0xfc00..=0xfdff, ..] => Reach::Private,
        [0xfe80..=0xfebf, ..] => Reach::LinkLocal,
        [0xff00..=0xffff, ..] => Reach::Multicast,
        // Teredo and its kin, documentation, 6to4.
        [0x2001, 0..=0x01ff | 0x0db8, ..] | [0x2002, ..] | [0x3fff, 0..=0x0fff, ..] => {
            Reach::Reserved
        }
        [0x2000..=0x3fff, ..] => Reach::Public,
        _ => Reach::Reserved,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rustfmt::skip]
    #[test]
    fn only_what_anybody_can_reach_is_public() {
        use Reach::*;
        let table = [
            ("1.1.1.1", Public), ("93.184.215.14", Public), ("172.32.0.1", Public), ("100.128.0.1", Public),
            ("2606:4700::1111", Public), ("2a00:1450:4001::1", Public), ("2001:4860:4860::8888", Public),
            ("127.0.0.1", Loopback), ("127.255.255.254", Loopback), ("::1", Loopback),
            ("10.0.0.1", Private), ("172.16.0.1", Private), ("172.31.255.255", Private), ("192.168.1.1", Private),
            ("100.64.0.1", Private), ("100.127.255.255", Private), ("fc00::1", Private), ("fdff::1", Private),
            ("169.254.0.1", LinkLocal), ("fe80::1", LinkLocal), ("febf::1", LinkLocal),
            ("169.254.169.254", Metadata), ("100.100.100.200", Metadata), ("fd00:ec2::254", Metadata),
            ("168.63.129.16", Metadata),
            ("224.0.0.1", Multicast), ("239.255.255.255", Multicast), ("ff02::1", Multicast),
            ("0.0.0.0", Reserved), ("0.1.2.3", Reserved), ("240.0.0.1", Reserved), ("255.255.255.255", Reserved),
            ("192.0.0.8", Reserved), ("192.0.2.1", Reserved), ("192.88.99.1", Reserved), ("198.18.0.1", Reserved),
            ("198.51.100.1", Reserved), ("203.0.113.1", Reserved),
            ("::", Reserved), ("::7f00:1", Reserved), ("100::1", Reserved), ("2001::1", Reserved),
            ("2001:db8::1", Reserved), ("2002:7f00:1::", Reserved), ("3fff::1", Reserved), ("fec0::1", Reserved),
            ("64:ff9b:1::1", Reserved), ("4000::1", Reserved),
            ("::ffff:127.0.0.1", Loopback), ("::ffff:10.0.0.1", Private), ("::ffff:169.254.169.254", Metadata),
            ("::ffff:1.1.1.1", Public), ("64:ff9b::10.0.0.1", Private), ("64:ff9b::127.0.0.1", Loopback),
            ("64:ff9b::169.254.169.254", Metadata), ("64:ff9b::1.1.1.1", Public),
        ];
        for (text, wanted) in table {
            assert_eq!(reach(text.parse().unwrap()), wanted, "{text}");
        }
    }
}
