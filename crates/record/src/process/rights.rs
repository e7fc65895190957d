//! What needs a capability, by the kernel's rules (`capabilities(7)`).

use std::io;

use casehard_oci::RootPath;

use super::recorder::{Event, Recorder};
use crate::{
    call::Identity,
    witness::{resolve::Attributes, task::Status},
};

/// An id that means "as it is".
const SAME: u32 = u32::MAX;

impl Recorder {
    fn status(&mut self, event: &Event<'_>) -> io::Result<Status> {
        self.tasks.get(event.thread)?.0.status()
    }

    fn need(&mut self, event: &Event<'_>, capability: &'static str) {
        let path = RootPath::parse(&self.resolved.path).unwrap_or_else(|_| RootPath::root());
        self.facts.needed(capability, || format!("{} {path}", event.name));
    }

    /// A new owner or group of a file.
    pub(super) fn new_owner(
        &mut self,
        event: &Event<'_>,
        found: &Attributes,
        user: u32,
        group: u32,
    ) -> io::Result<()> {
        let status = self.status(event)?;
        let owns = status.users.get(3) == Some(&found.user);
        let user_ok = user == SAME || owns && user == found.user;
        let group_ok = group == SAME || owns && (group == found.group || status.has_group(group));
        if !(user_ok && group_ok) {
            self.need(event, "CAP_CHOWN");
        }
        Ok(())
    }

    /// Metadata of a file that may be somebody else's.
    pub(super) fn change_of_other(&mut self, event: &Event<'_>, found: &Attributes) -> io::Result<()> {
        if !matches!(event.name, "truncate" | "truncate64") {
            let status = self.status(event)?;
            if status.users.get(3) != Some(&found.user) {
                self.need(event, "CAP_FOWNER");
            }
        }
        Ok(())
    }

    /// A file that is opened though its mode does not let this user.
    pub(super) fn opened_by_right(
        &mut self,
        event: &Event<'_>,
        found: &Attributes,
        reads: bool,
        writes: bool,
    ) -> io::Result<()> {
        let wanted = u16::from(reads) << 2 | u16::from(writes) << 1;
        // What everybody may, nobody needs a capability for; most files are so.
        if found.mode & wanted == wanted {
            return Ok(());
        }
        let status = self.status(event)?;
        let user = status.users.get(3).copied().unwrap_or(0);
        let shift = match found {
            found if found.user == user => 6,
            found if status.has_group(found.group) => 3,
            _ => 0,
        };
        // Others are refused, so it is not done.
        if user == 0 && (found.mode >> shift) & wanted != wanted {
            self.need(event, "CAP_DAC_OVERRIDE");
        }
        Ok(())
    }

    /// A node that is a device.
    pub(super) fn node(&mut self, event: &Event<'_>, mode: u32) {
        if matches!(mode & libc::S_IFMT, libc::S_IFCHR | libc::S_IFBLK) {
            self.need(event, "CAP_MKNOD");
        }
    }

    /// A raw or packet socket.
    pub(super) fn raw_socket(&mut self, event: &Event<'_>) {
        let (family, kind) = (event.descriptor(0), event.descriptor(1) & 0xf);
        let internet = matches!(family, libc::AF_INET | libc::AF_INET6);
        if family == libc::AF_PACKET || internet && kind == libc::SOCK_RAW {
            self.facts.needed("CAP_NET_RAW", || "a raw socket".to_owned());
        }
    }

    /// Other users or groups.
    pub(super) fn new_identity(&mut self, event: &Event<'_>, which: Identity) -> io::Result<()> {
        let status = self.status(event)?;
        let (count, own, capability) = match which {
            Identity::Users(count) => (count, &status.users, "CAP_SETUID"),
            Identity::Groups(count) => (count, &status.groups, "CAP_SETGID"),
            Identity::List => {
                self.facts.needed("CAP_SETGID", || event.name.to_owned());
                return Ok(());
            }
        };
        let wanted: Vec<u32> = (0..count).map(|argument| event.number(argument)).collect();
        let foreign = wanted.iter().find(|id| **id != SAME && !own.iter().take(3).any(|own| own == *id));
        if let Some(id) = foreign {
            self.facts.needed(capability, || format!("{} {id}", event.name));
        }
        Ok(())
    }
}
