//! Whom the application runs as.

use std::collections::BTreeMap;

use casehard_oci::RootPath;

/// The user and group lists of an image (`passwd(5)`, `group(5)`).
#[derive(Debug, Clone, Default)]
pub(crate) struct Accounts {
    users: Vec<User>,
    groups: BTreeMap<String, u32>,
}

#[derive(Debug, Clone)]
struct User {
    name: String,
    uid: u32,
    gid: u32,
    home: String,
}

impl Accounts {
    pub fn read(passwd: &[u8], group: &[u8]) -> Self {
        let fields = |text: &[u8]| -> Vec<Vec<String>> {
            let lines = text.split(|byte| *byte == b'\n').take(100_000);
            lines.map(|line| String::from_utf8_lossy(line).split(':').map(str::to_owned).collect()).collect()
        };
        let users = fields(passwd).into_iter().filter_map(|fields| match fields.as_slice() {
            [name, _, uid, gid, rest @ ..] => Some(User {
                name: name.clone(),
                uid: uid.parse().ok()?,
                gid: gid.parse().ok()?,
                home: rest.get(1).cloned().unwrap_or_default(),
            }),
            _ => None,
        });
        let groups = fields(group).into_iter().filter_map(|fields| match fields.as_slice() {
            [name, _, gid, ..] => Some((name.clone(), gid.parse().ok()?)),
            _ => None,
        });
        Self { users: users.collect(), groups: groups.collect() }
    }

    /// The numbers that `user[:group]` of an image's configuration means, as runtimes read it.
    pub fn resolve(&self, user: &str) -> Option<(u32, u32)> {
        let (user, group) = user.split_once(':').map_or((user, None), |(user, group)| (user, Some(group)));
        if user.is_empty() {
            return Some((0, 0));
        }
        let (uid, primary) = match user.parse::<u32>() {
            Ok(uid) => (uid, self.users.iter().find(|known| known.uid == uid).map_or(0, |known| known.gid)),
            Err(_) => {
                self.users.iter().find(|known| known.name == user).map(|known| (known.uid, known.gid))?
            }
        };
        let gid = match group {
            None | Some("") => primary,
            Some(group) => group.parse().ok().or_else(|| self.groups.get(group).copied())?,
        };
        Some((uid, gid))
    }

    pub fn name(&self, uid: u32) -> Option<&str> {
        self.users.iter().find(|known| known.uid == uid).map(|known| known.name.as_str())
    }

    /// The home of a user, if it has one of its own.
    pub fn home(&self, uid: u32) -> Option<RootPath> {
        let user = self.users.iter().find(|known| known.uid == uid)?;
        let home = RootPath::root().join_as_kernel(user.home.as_bytes());
        (user.home.starts_with('/') && !home.is_root()).then_some(home)
    }

    pub fn has_group(&self, gid: u32) -> bool {
        self.groups.values().any(|known| *known == gid)
    }

    /// A user name that is not taken.
    pub fn free_name(&self) -> String {
        let is_taken =
            |name: &str| self.users.iter().any(|user| user.name == name) || self.groups.contains_key(name);
        let mut names = std::iter::once("app".to_owned()).chain((1..).map(|number| format!("app{number}")));
        names.find(|name| !is_taken(name)).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_are_read_as_runtimes_read_them() {
        let accounts = Accounts::read(
            b"root:x:0:0:root:/root:/bin/sh\nwww-data:x:33:33::/var/www:/x\nbroken\napp:x:5:6::/app:/x\n",
            b"root:x:0:\nadm:x:4:app\n",
        );
        for (user, numbers) in [
            ("", Some((0, 0))),
            ("root", Some((0, 0))),
            ("www-data", Some((33, 33))),
            ("33", Some((33, 33))),
            ("app:adm", Some((5, 4))),
            ("1000", Some((1000, 0))),
            ("1000:1001", Some((1000, 1001))),
            ("nobody", None),
            ("app:none", None),
        ] {
            assert_eq!(accounts.resolve(user), numbers, "{user}");
        }
        assert_eq!(accounts.free_name(), "app1");
        let home = |uid| accounts.home(uid).map(|home| home.to_string());
        assert_eq!(home(33).as_deref(), Some("/var/www"));
        assert_eq!(home(1000), None);
    }
}
