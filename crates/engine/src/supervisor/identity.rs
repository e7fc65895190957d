//! Whom a process runs as: users and groups looked up in the container's own files, capabilities, privileges.

use std::io::Read as _;

use rustix::{
    fs::{Mode, OFlags},
    process::{Gid, Uid},
    thread::{CapabilitiesSecureBits, CapabilitySet, CapabilitySets},
};

use super::{Doing as _, Failure, Stage};
use crate::{Spec, capability};

/// How much of `/etc/passwd` and `/etc/group` is read.
const FILE: u64 = 4 << 20;

/// Whom a process runs as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Identity {
    pub(super) user: u32,
    pub(super) group: u32,
    pub(super) groups: Vec<u32>,
    pub(super) home: String,
}

/// Looks up `user[:group]` in the files of the root that this process sees.
pub(super) fn look_up(text: &str) -> Result<Identity, Failure> {
    resolve(text, &read("/etc/passwd"), &read("/etc/group")).map_err(|what| Failure {
        doing: format!("find {what} in the image (user {:?})", casehard_oci::escape(text.as_bytes())),
        error: 0,
        stage: Stage::User,
    })
}

fn read(path: &str) -> String {
    // Reading must not leave an access time, which a recorder would take for the application's.
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK;
    let file = rustix::fs::open(path, flags | OFlags::NOATIME, Mode::empty())
        .or_else(|_| rustix::fs::open(path, flags, Mode::empty()));
    let mut bytes = Vec::new();
    if let Ok(file) = file {
        let _ = std::fs::File::from(file).take(FILE).read_to_end(&mut bytes);
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// As the runtimes do: a number need not be in the files; its primary group, home and further groups are taken from
/// them where it is.
fn resolve(text: &str, passwd: &str, group: &str) -> Result<Identity, &'static str> {
    let (user, wanted_group) = text.split_once(':').map_or((text, None), |(user, group)| (user, Some(group)));
    let user = if user.is_empty() { "0" } else { user };
    let entry = passwd.lines().map(|line| line.split(':').collect::<Vec<_>>()).find(|fields| {
        fields.len() >= 4 && (fields[0] == user || (user.parse::<u32>().is_ok() && fields[2] == user))
    });
    let number = match (&entry, user.parse::<u32>()) {
        (Some(fields), _) => fields[2].parse().map_err(|_| "a number of the user")?,
        (None, Ok(number)) => number,
        (None, Err(_)) => return Err("the user"),
    };
    let lines =
        || group.lines().map(|line| line.split(':').collect::<Vec<_>>()).filter(|fields| fields.len() >= 3);
    let (primary, groups) = match wanted_group {
        Some(wanted) => {
            let found = lines().find(|fields| fields[0] == wanted).and_then(|fields| fields[2].parse().ok());
            (found.or_else(|| wanted.parse().ok()).ok_or("the group")?, Vec::new())
        }
        None => {
            let primary = entry.as_ref().and_then(|fields| fields[3].parse().ok()).unwrap_or(0);
            let name = entry.as_ref().map(|fields| fields[0]);
            let member = |fields: &Vec<&str>| {
                fields.get(3).is_some_and(|members| members.split(',').any(|member| Some(member) == name))
            };
            let groups = lines().filter(member).filter_map(|fields| fields[2].parse().ok()).collect();
            (primary, groups)
        }
    };
    let home = entry.as_ref().and_then(|fields| fields.get(5)).filter(|home| !home.is_empty());
    Ok(Identity { user: number, group: primary, groups, home: home.map_or("/", |home| home).to_owned() })
}

/// Becomes somebody. What filters need is kept until the program is replaced: then a user other than root has no
/// capability, and root those that the specification names, as under the runtimes.
pub(super) fn become_it(identity: &Identity, spec: &Spec, one_user: bool) -> Result<(), Failure> {
    become_with(identity, capabilities(&spec.capabilities)?, one_user)?;
    if spec.no_new_privileges {
        rustix::thread::set_no_new_privs(true).doing("set no_new_privs")?;
    }
    Ok(())
}

/// A set of capabilities, by name.
pub(super) fn capabilities(names: &[String]) -> Result<CapabilitySet, Failure> {
    capability::set(names).map_err(|name| Failure {
        doing: format!("find a capability of the name {:?}", casehard_oci::escape(name.as_bytes())),
        error: 0,
        stage: Stage::User,
    })
}

/// Becomes somebody, with these capabilities in the bounding set and no others.
pub(super) fn become_with(identity: &Identity, kept: CapabilitySet, one_user: bool) -> Result<(), Failure> {
    for one in CapabilitySet::all().iter().filter(|&one| !kept.contains(one)) {
        // A capability that this kernel does not know is refused, and nobody has it.
        let _ = rustix::thread::remove_capability_from_bounding_set(one);
    }
    rustix::thread::set_capabilities_secure_bits(CapabilitiesSecureBits::KEEP_CAPS)
        .doing("keep capabilities over the change of user")?;
    if one_user {
        one(identity)?;
    } else {
        let doing = || format!("become user {} of group {}", identity.user, identity.group);
        let groups: Vec<Gid> = identity.groups.iter().map(|&group| Gid::from_raw(group)).collect();
        rustix::thread::set_thread_groups(&groups).at(Stage::User, doing())?;
        let (user, group) = (Uid::from_raw(identity.user), Gid::from_raw(identity.group));
        rustix::thread::set_thread_res_gid(group, group, group).at(Stage::User, doing())?;
        rustix::thread::set_thread_res_uid(user, user, user).at(Stage::User, doing())?;
    }
    let permitted = rustix::thread::capabilities(None).doing("read the capabilities")?.permitted;
    let sets = CapabilitySets { effective: permitted, permitted, inheritable: CapabilitySet::empty() };
    rustix::thread::set_capabilities(None, sets).doing("set the capabilities")
}

/// Where one user is mapped, a further user namespace gives it the number that was asked for.
fn one(identity: &Identity) -> Result<(), Failure> {
    if identity.user == 0 && identity.group == 0 {
        return Ok(());
    }
    // SAFETY: this process has one thread, and no descriptor table is unshared.
    unsafe { rustix::thread::unshare_unsafe(rustix::thread::UnshareFlags::NEWUSER) }
        .at(Stage::UserNamespace, "make a user namespace for the user")?;
    let write = |file: &str, text: String| {
        std::fs::write(format!("/proc/self/{file}"), text)
            .at(Stage::Mapping, format!("write {file} for the user"))
    };
    write("setgroups", "deny".to_owned())?;
    write("uid_map", format!("{} 0 1", identity.user))?;
    write("gid_map", format!("{} 0 1", identity.group))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PASSWD: &str =
        "root:x:0:0:root:/root:/bin/bash\nwww:x:33:33:www:/var/www:/x\n34:x:35:36::/n:/x\nbad\n";
    const GROUP: &str = "root:x:0:\nwww:x:33:\nssl:x:110:a,www\nlog:x:4:www\nshort:x\n";

    #[test]
    fn users_are_looked_up_as_runtimes_do() {
        let of = |text: &str| {
            resolve(text, PASSWD, GROUP)
                .map(|it| (it.user, it.group, it.groups, it.home))
                .map_err(str::to_owned)
        };
        let cases: [(&str, u32, u32, Vec<u32>, &str); 9] = [
            ("", 0, 0, vec![], "/root"),
            ("root", 0, 0, vec![], "/root"),
            ("www", 33, 33, vec![110, 4], "/var/www"),
            ("33", 33, 33, vec![110, 4], "/var/www"),
            ("www:ssl", 33, 110, vec![], "/var/www"),
            ("1000", 1000, 0, vec![], "/"),
            ("1000:1001", 1000, 1001, vec![], "/"),
            ("0:log", 0, 4, vec![], "/root"),
            ("34", 35, 36, vec![], "/n"),
        ];
        for (text, user, group, groups, home) in cases {
            assert_eq!(of(text), Ok((user, group, groups, home.to_owned())), "{text}");
        }
        assert_eq!(of("nobody"), Err("the user".to_owned()));
        assert_eq!(of("www:nogroup"), Err("the group".to_owned()));
    }
}
