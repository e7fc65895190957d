//! Users and groups: `/etc/passwd`, `/etc/group` and their shadows (`passwd(5)`, `group(5)`, `shadow(5)`).

use std::collections::BTreeSet;

use casehard_oci::RootPath;

use crate::root::{Kind, Node, Root, Store};

/// Numbers that system accounts get, upwards from 100 as `adduser` does.
const SYSTEM: std::ops::RangeInclusive<u32> = 100..=999;
const ORDINARY: std::ops::RangeInclusive<u32> = 1000..=59_999;
/// `shadow` belongs to this group on every Debian system.
const SHADOW_GROUP: u32 = 42;

/// A line of `/etc/passwd`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct User {
    pub(crate) name: String,
    pub(crate) uid: u32,
    pub(crate) gid: u32,
    pub(crate) comment: String,
    pub(crate) home: String,
    pub(crate) shell: String,
}

/// A line of `/etc/group`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Group {
    pub(crate) name: String,
    pub(crate) gid: u32,
    pub(crate) members: Vec<String>,
}

/// All accounts of a root.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Accounts {
    pub(crate) users: Vec<User>,
    pub(crate) groups: Vec<Group>,
}

impl Accounts {
    /// The accounts that a root has now.
    pub(crate) fn read(root: &Root, store: &Store<'_>) -> Self {
        let text = |path: &str| {
            store.text(root, &RootPath::root().join_as_kernel(path.as_bytes())).unwrap_or_default()
        };
        Self::parse(&text("/etc/passwd"), &text("/etc/group"))
    }

    /// Reads the two files; broken lines are left out.
    pub(crate) fn parse(passwd: &str, group: &str) -> Self {
        let user = |line: &str| {
            let fields: Vec<&str> = line.split(':').collect();
            let [name, _, uid, gid, comment, home, shell] = fields[..] else { return None };
            Some(User {
                name: name.to_owned(),
                uid: uid.parse().ok()?,
                gid: gid.parse().ok()?,
                comment: comment.to_owned(),
                home: home.to_owned(),
                shell: shell.to_owned(),
            })
        };
        let group_line = |line: &str| {
            let fields: Vec<&str> = line.split(':').collect();
            let [name, _, gid, members] = fields[..] else { return None };
            let members = members.split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect();
            Some(Group { name: name.to_owned(), gid: gid.parse().ok()?, members })
        };
        Self {
            users: passwd.lines().filter_map(user).collect(),
            groups: group.lines().filter_map(group_line).collect(),
        }
    }

    pub(crate) fn user(&self, name: &str) -> Option<&User> {
        self.users.iter().find(|user| user.name == name)
    }

    pub(crate) fn group(&self, name: &str) -> Option<&Group> {
        self.groups.iter().find(|group| group.name == name)
    }

    /// A user's number by name or number.
    pub(crate) fn uid(&self, name: &str) -> Option<u32> {
        self.user(name).map(|user| user.uid).or_else(|| name.parse().ok())
    }

    /// A group's number by name or number.
    pub(crate) fn gid(&self, name: &str) -> Option<u32> {
        self.group(name).map(|group| group.gid).or_else(|| name.parse().ok())
    }

    /// Adds a group when there is none of the name, and returns its number.
    pub(crate) fn add_group(&mut self, name: &str, gid: Option<u32>, system: bool) -> u32 {
        if let Some(group) = self.group(name) {
            return group.gid;
        }
        let taken: BTreeSet<u32> = self.groups.iter().map(|group| group.gid).collect();
        let gid = gid.or_else(|| free(system, &taken)).unwrap_or(u32::MAX - 1);
        self.groups.push(Group { name: name.to_owned(), gid, members: Vec::new() });
        gid
    }

    /// Adds a user when there is none of the name, and returns its number.
    #[expect(clippy::too_many_arguments, reason = "they are the fields of the file, in its order")]
    pub(crate) fn add_user(
        &mut self,
        name: &str,
        uid: Option<u32>,
        gid: u32,
        comment: &str,
        home: &str,
        shell: &str,
        system: bool,
    ) -> u32 {
        if let Some(user) = self.user(name) {
            return user.uid;
        }
        let taken: BTreeSet<u32> = self.users.iter().map(|user| user.uid).collect();
        let uid = uid.or_else(|| free(system, &taken)).unwrap_or(u32::MAX - 1);
        let clean = |text: &str| text.replace([':', '\n'], "");
        self.users.push(User {
            name: clean(name),
            uid,
            gid,
            comment: clean(comment),
            home: clean(home),
            shell: clean(shell),
        });
        uid
    }

    /// A number that is neither a user's nor a group's, for a user who gets a group of the same number.
    pub(crate) fn free_pair(&self, system: bool) -> Option<u32> {
        let users = self.users.iter().map(|user| user.uid);
        free(system, &users.chain(self.groups.iter().map(|group| group.gid)).collect())
    }

    /// Puts a user into a group.
    pub(crate) fn add_member(&mut self, user: &str, group: &str) -> bool {
        let Some(group) = self.groups.iter_mut().find(|other| other.name == group) else { return false };
        if !group.members.iter().any(|member| member == user) {
            group.members.push(user.to_owned());
        }
        true
    }

    /// Writes the four files. Nobody has a password; who has one already keeps it, as only the names are compared.
    pub(crate) fn write(&self, root: &mut Root) {
        use std::fmt::Write as _;
        let [mut passwd, mut group, mut shadow, mut gshadow] = [const { String::new() }; 4];
        for user in &self.users {
            let User { name, uid, gid, comment, home, shell } = user;
            let _ = writeln!(passwd, "{name}:x:{uid}:{gid}:{comment}:{home}:{shell}");
            // No day of a password change: it would be the day of the build, or a lie.
            let lock = if SYSTEM.contains(uid) && *uid != 0 { "!" } else { "*" };
            let _ = writeln!(shadow, "{name}:{lock}::0:99999:7:::");
        }
        for Group { name, gid, members } in &self.groups {
            let members = members.join(",");
            let _ = writeln!(group, "{name}:x:{gid}:{members}");
            let _ = writeln!(gshadow, "{name}:{}::{members}", if SYSTEM.contains(gid) { "!" } else { "*" });
        }
        for (path, text, mode, gid) in [
            ("/etc/passwd", passwd, 0o644, 0),
            ("/etc/group", group, 0o644, 0),
            ("/etc/shadow", shadow, 0o640, SHADOW_GROUP),
            ("/etc/gshadow", gshadow, 0o640, SHADOW_GROUP),
        ] {
            let path = RootPath::root().join_as_kernel(path.as_bytes());
            let node = Node::file(text, mode).owned(0, gid);
            if root.exact(&path).is_none_or(|old| matches!(old.kind, Kind::File { .. })) {
                root.put(&path, node);
            }
        }
    }
}

fn free(system: bool, taken: &BTreeSet<u32>) -> Option<u32> {
    let mut range = if system { SYSTEM } else { ORDINARY };
    range.find(|number| !taken.contains(number))
}
