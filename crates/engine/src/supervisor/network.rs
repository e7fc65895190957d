//! Networks that several containers join: a bridge in a network namespace of its own, to which each container is
//! wired by a pair of virtual interfaces (`rtnetlink(7)`, `veth(4)`).

use std::{
    io,
    net::Ipv4Addr,
    os::fd::{AsFd as _, OwnedFd},
};

use rustix::{
    fs::{Mode, OFlags},
    net::{AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, netlink::SocketAddrNetlink},
    thread::{LinkNameSpaceType, UnshareFlags, move_into_link_name_space},
};

use super::{Doing as _, Failure};
use crate::sys;

/// What the interface of a container is called, as with other engines.
const INTERFACE: &str = "eth0";
const BRIDGE: &str = "casehard0";
/// How many addresses a network has: the last byte counts.
const PREFIX: u8 = 24;

const NEW_LINK: u16 = 16;
const REMOVE_LINK: u16 = 17;
const ANSWER: u16 = 2;
/// `NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL`.
const CREATE: u16 = 0x1 | 0x4 | 0x400 | 0x200;
/// `NLM_F_REQUEST | NLM_F_ACK`.
const ASK: u16 = 0x1 | 0x4;
const HEADER: usize = 16;

/// Attributes of a link (`linux/if_link.h`), of its kind, and of a pair.
const ADDRESS: u16 = 1;
const NAME: u16 = 3;
const MASTER: u16 = 10;
const LINK_INFO: u16 = 18;
const NAMESPACE: u16 = 28;
const KIND: u16 = 1;
const DATA: u16 = 2;
const PEER: u16 = 1;

/// Makes a network with nobody in it; it ends with its last descriptor.
pub(super) fn make() -> Result<OwnedFd, Failure> {
    // SAFETY: this process has one thread, and opens nothing by what it shared.
    unsafe { rustix::thread::unshare_unsafe(UnshareFlags::NEWNET) }.doing("make a network namespace")?;
    let mut message = Message::new();
    message.text(NAME, BRIDGE);
    message.nested(LINK_INFO, |message| message.text(KIND, "bridge"));
    message.ask(NEW_LINK, CREATE).doing("make a bridge for a network of several containers")?;
    sys::interface_up(BRIDGE).doing("bring the bridge of a network up")?;
    own_network()
}

/// Wires this network namespace to a network, under this address.
pub(super) fn join(network: &OwnedFd, address: Ipv4Addr) -> Result<(), Failure> {
    let own = own_network()?;
    let enter = |network: &OwnedFd| {
        move_into_link_name_space(network.as_fd(), Some(LinkNameSpaceType::Network))
            .doing("enter a network namespace")
    };
    enter(network)?;
    let wired = wire(&own, address);
    enter(&own)?;
    wired.doing("wire a container to its network")?;
    sys::set_address(INTERFACE, address, PREFIX)
        .and_then(|()| sys::interface_up(INTERFACE))
        .doing(format!("give a container the address {address}"))
}

fn own_network() -> Result<OwnedFd, Failure> {
    rustix::fs::open("/proc/self/ns/net", OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())
        .doing("open the network namespace")
}

/// Makes the pair: one end at the bridge, the other in the namespace of the container.
fn wire(container: &OwnedFd, address: Ipv4Addr) -> io::Result<()> {
    use std::os::fd::AsRawFd as _;
    let bridge = sys::interface_number(BRIDGE)?;
    let name = format!("to-{}", address.octets()[3]);
    // The kernel takes the network of a container that has ended apart in its own time; till then its end is here.
    let mut message = Message::new();
    message.text(NAME, &name);
    match message.ask(REMOVE_LINK, ASK) {
        Err(error) if error.raw_os_error() != Some(libc::ENODEV) => return Err(error),
        _ => {}
    }
    let mut message = Message::new();
    message.text(NAME, &name);
    message.bytes(MASTER, &bridge.to_ne_bytes());
    message.nested(LINK_INFO, |message| {
        message.text(KIND, "veth");
        message.nested(DATA, |message| {
            message.nested(PEER, |message| {
                // It cannot be up before it has its other end.
                message.0.extend([0; 16]);
                message.text(NAME, INTERFACE);
                // As other engines have it: the hardware address follows from the other.
                let [a, b, c, d] = address.octets();
                message.bytes(ADDRESS, &[2, 0x42, a, b, c, d]);
                message.bytes(NAMESPACE, &container.as_raw_fd().to_ne_bytes());
            });
        });
    });
    message.ask(NEW_LINK, CREATE)
}

/// A request for a new link.
struct Message(Vec<u8>);

impl Message {
    fn new() -> Self {
        let mut message = Self(vec![0; HEADER]);
        message.link();
        message
    }

    /// `struct ifinfomsg`: any family, no type, up.
    fn link(&mut self) {
        let up = u32::try_from(libc::IFF_UP).unwrap_or(1);
        self.0.extend([0; 8]);
        self.0.extend(up.to_ne_bytes());
        self.0.extend(up.to_ne_bytes());
    }

    fn bytes(&mut self, kind: u16, bytes: &[u8]) {
        self.nested(kind, |message| message.0.extend(bytes));
    }

    fn text(&mut self, kind: u16, text: &str) {
        self.nested(kind, |message| {
            message.0.extend(text.as_bytes());
            message.0.push(0);
        });
    }

    fn nested(&mut self, kind: u16, inner: impl FnOnce(&mut Self)) {
        let start = self.0.len();
        self.0.extend([0; 4]);
        inner(self);
        let length = u16::try_from(self.0.len() - start).unwrap_or(u16::MAX);
        self.0[start..start + 2].copy_from_slice(&length.to_ne_bytes());
        self.0[start + 2..start + 4].copy_from_slice(&kind.to_ne_bytes());
        self.0.resize(self.0.len().next_multiple_of(4), 0);
    }

    /// Sends it to the network namespace this process is in, and waits for the answer.
    fn ask(mut self, kind: u16, flags: u16) -> io::Result<()> {
        let length = u32::try_from(self.0.len()).unwrap_or(u32::MAX);
        self.0[..4].copy_from_slice(&length.to_ne_bytes());
        self.0[4..6].copy_from_slice(&kind.to_ne_bytes());
        self.0[6..8].copy_from_slice(&flags.to_ne_bytes());
        // No protocol means the first, NETLINK_ROUTE.
        let (family, flags) = (AddressFamily::NETLINK, SocketFlags::CLOEXEC);
        let socket = rustix::net::socket_with(family, SocketType::RAW, flags, None)?;
        rustix::net::sendto(&socket, &self.0, SendFlags::empty(), &SocketAddrNetlink::new(0, 0))?;
        let mut answer = [0_u8; 4096];
        let (length, _) = rustix::net::recv(&socket, &mut answer[..], RecvFlags::empty())?;
        let answer = &answer[..length.min(4096)];
        let kind = answer.get(4..6).map(|kind| u16::from_ne_bytes([kind[0], kind[1]]));
        let error = answer.get(HEADER..HEADER + 4).and_then(|error| error.first_chunk());
        match (kind, error.copied().map(i32::from_ne_bytes)) {
            (Some(ANSWER), Some(0)) => Ok(()),
            (Some(ANSWER), Some(error)) => Err(io::Error::from_raw_os_error(-error)),
            _ => Err(io::Error::from(io::ErrorKind::InvalidData)),
        }
    }
}
