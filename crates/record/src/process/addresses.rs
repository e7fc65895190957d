//! Sockets that are bound and connected.

use std::{
    io,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
    os::fd::{AsRawFd as _, FromRawFd as _, OwnedFd, RawFd},
};

use casehard_oci::RootPath;
use casehard_profile::{Access, Address};
use rustix::net::{SocketType, sockopt};

use super::recorder::{Event, Recorder};
use crate::witness::{memory, resolve::End};

/// Ports below need a capability (`ip_unprivileged_port_start`).
const UNPRIVILEGED: u16 = 1024;
/// The size of `struct sockaddr_storage`.
const LONGEST: usize = 128;

impl Recorder {
    /// A call with a descriptor, the address of an address, and its length.
    pub(super) fn socket_address(
        &mut self,
        event: &Event<'_>,
        binds: bool,
        arguments: [u64; 6],
    ) -> io::Result<()> {
        let mut bytes = [0; LONGEST];
        let length = usize::try_from(arguments[2]).map_or(LONGEST, |length| length.min(LONGEST));
        match memory::read(event.thread, arguments[1], &mut bytes[..length]) {
            Ok(read) if read == length => {}
            Err(error) if error.raw_os_error() != Some(libc::EFAULT) => return Err(error),
            _ => return Ok(()),
        }
        let bytes = &bytes[..length];
        let Some(family) = bytes.first_chunk().map(|two| i32::from(u16::from_ne_bytes(*two))) else {
            return Ok(());
        };
        match family {
            libc::AF_UNIX => self.unix(event, binds, &bytes[2..]),
            libc::AF_INET | libc::AF_INET6 => self.internet(event, binds, bytes, arguments[0]),
            _ => Ok(()),
        }
    }

    /// `socketcall(2)`: the number of a call, and where its arguments are.
    pub(super) fn socket_call(&mut self, event: &Event<'_>) -> io::Result<()> {
        let binds = match event.number(0) {
            2 => true,
            3 => false,
            _ => return Ok(()),
        };
        let mut words = [0; 12];
        match memory::read(event.thread, event.arguments[1], &mut words) {
            Ok(12) => {}
            Err(error) if error.raw_os_error() != Some(libc::EFAULT) => return Err(error),
            _ => return Ok(()),
        }
        let word = |at: usize| {
            u64::from(u32::from_le_bytes([words[at], words[at + 1], words[at + 2], words[at + 3]]))
        };
        self.socket_address(event, binds, [word(0), word(4), word(8), 0, 0, 0])
    }

    fn unix(&mut self, event: &Event<'_>, binds: bool, name: &[u8]) -> io::Result<()> {
        match name.split_first() {
            // Without a name the kernel finds one itself.
            None => Ok(()),
            Some((0, name)) => {
                let name = casehard_oci::escape(name).into_owned();
                self.facts.address(binds, Address::Abstract(name), event.program);
                Ok(())
            }
            Some(_) => {
                let end = name.iter().position(|byte| *byte == 0).unwrap_or(name.len());
                self.base.clear();
                if name[0] != b'/' {
                    self.tasks.get(event.thread)?.0.current_directory(&mut self.base)?;
                }
                self.resolver.resolve(&self.base, &name[..end], !binds, &mut self.resolved);
                for link in &self.resolved.links {
                    self.facts.used(link, Access::Link, event.program, self.phase);
                }
                let access = match (self.resolved.end, binds) {
                    (Some(End::Found(_)), _) => Some(Access::Found),
                    (Some(End::Missing), true) => Some(Access::Created),
                    (Some(End::Missing), false) => Some(Access::Missing),
                    _ => None,
                };
                if let Some(access) = access {
                    self.facts.used(&self.resolved.path, access, event.program, self.phase);
                }
                if let Ok(path) = RootPath::parse(&self.resolved.path) {
                    self.facts.address(binds, Address::Unix(path), event.program);
                }
                Ok(())
            }
        }
    }

    fn internet(&mut self, event: &Event<'_>, binds: bool, bytes: &[u8], descriptor: u64) -> io::Result<()> {
        let Some(address) = socket_address(bytes) else { return Ok(()) };
        let process = self.tasks.get(event.thread)?.0.status()?.process;
        let datagram = kind(process, descriptor as RawFd).is_ok_and(|kind| kind == SocketType::DGRAM);
        let port = address.port();
        if binds && port != 0 && port < UNPRIVILEGED {
            self.facts.needed("CAP_NET_BIND_SERVICE", || format!("bind to port {port}"));
        }
        let address = if datagram { Address::Udp(address) } else { Address::Tcp(address) };
        self.facts.address(binds, address, event.program);
        Ok(())
    }
}

/// Reads `struct sockaddr_in` or `struct sockaddr_in6`.
fn socket_address(bytes: &[u8]) -> Option<SocketAddr> {
    let port = u16::from_be_bytes(*bytes.get(2..)?.first_chunk()?);
    if i32::from(u16::from_ne_bytes(*bytes.first_chunk()?)) == libc::AF_INET {
        let address: [u8; 4] = *bytes.get(4..)?.first_chunk()?;
        return Some((Ipv4Addr::from(address), port).into());
    }
    let address: [u8; 16] = *bytes.get(8..)?.first_chunk()?;
    Some((Ipv6Addr::from(address), port).into())
}

/// What kind of socket a descriptor of another process is.
fn kind(process: u32, descriptor: RawFd) -> io::Result<SocketType> {
    let pid = i32::try_from(process).ok().and_then(rustix::process::Pid::from_raw);
    let pid = pid.ok_or_else(|| io::Error::from_raw_os_error(libc::ESRCH))?;
    let process = rustix::process::pidfd_open(pid, rustix::process::PidfdFlags::empty())?;
    // SAFETY: plain numbers; the kernel makes a descriptor of ours, or fails.
    let socket = unsafe {
        let socket = libc::syscall(libc::SYS_pidfd_getfd, process.as_raw_fd(), descriptor, 0);
        if socket < 0 {
            return Err(io::Error::last_os_error());
        }
        OwnedFd::from_raw_fd(socket as RawFd)
    };
    Ok(sockopt::socket_type(&socket)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_in_network_order() {
        let mut bytes = (libc::AF_INET as u16).to_ne_bytes().to_vec();
        bytes.extend([0x1f, 0x90, 127, 0, 0, 1, 0, 0]);
        assert_eq!(socket_address(&bytes), Some("127.0.0.1:8080".parse().unwrap()));
        assert_eq!(socket_address(&bytes[..6]), None);
        let mut bytes = (libc::AF_INET6 as u16).to_ne_bytes().to_vec();
        bytes.extend([0, 80, 0, 0, 0, 0]);
        bytes.extend(Ipv6Addr::LOCALHOST.octets());
        assert_eq!(socket_address(&bytes), Some("[::1]:80".parse().unwrap()));
    }
}
