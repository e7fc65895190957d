//! Where a name in a workload leads to, inside the container's network.

use std::{
    collections::BTreeMap,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
};

use casehard_profile::workload::Endpoint;

/// The addresses to try, in order; none when the name is not known.
pub(super) fn addresses(endpoint: &Endpoint, services: &BTreeMap<String, IpAddr>) -> Vec<SocketAddr> {
    let four = IpAddr::V4(Ipv4Addr::LOCALHOST);
    let six = IpAddr::V6(Ipv6Addr::LOCALHOST);
    let hosts = match endpoint.host.as_str() {
        "127.0.0.1" => vec![four],
        "::1" => vec![six],
        "localhost" => vec![four, six],
        name => services.get(name).copied().into_iter().collect(),
    };
    hosts.into_iter().map(|host| SocketAddr::new(host, endpoint.port)).collect()
}
