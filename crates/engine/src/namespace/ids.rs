//! Which users of this machine stand for the users of a container (`user_namespaces(7)`, `subuid(5)`).

use serde::{Deserialize, Serialize};

/// What a container of root on this machine is mapped to when `/etc/subuid` has no range for root: far from what
/// accounts and other programs use.
const FALLBACK: u32 = 0x6ca5_0000;
const FALLBACK_COUNT: u32 = 65_536;

/// A run of users or groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Range {
    /// The first one, as the container numbers it.
    pub inside: u32,
    /// The first one, as this machine numbers it.
    pub outside: u32,
    /// How many.
    pub count: u32,
}

/// How users and groups of containers are mapped to those of this machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum IdMap {
    /// Only the caller is there, as root of the container.
    One {
        /// The caller's user.
        user: u32,
        /// The caller's group.
        group: u32,
    },
    /// The caller and ranges of subordinate ids.
    Many {
        /// Users.
        users: Vec<Range>,
        /// Groups.
        groups: Vec<Range>,
        /// Whether the maps can be written without `newuidmap`, by root.
        direct: bool,
    },
}

impl IdMap {
    /// The map for a caller. `passwd`, `subuid` and `subgid` are the files in `/etc`, empty when absent.
    #[must_use]
    pub fn choose(user: u32, group: u32, passwd: &str, subuid: &str, subgid: &str) -> Self {
        let name = passwd.lines().find_map(|line| {
            let mut fields = line.split(':');
            let name = fields.next()?;
            (fields.nth(1)?.parse() == Ok(user)).then_some(name)
        });
        let users = subordinate(subuid, name, user);
        let groups = subordinate(subgid, name, user);
        match (users, groups) {
            (Some((first_user, users)), Some((first_group, groups))) if user == 0 => Self::Many {
                users: vec![Range { inside: 0, outside: first_user, count: users }],
                groups: vec![Range { inside: 0, outside: first_group, count: groups }],
                direct: true,
            },
            _ if user == 0 => {
                let range = Range { inside: 0, outside: FALLBACK, count: FALLBACK_COUNT };
                Self::Many { users: vec![range], groups: vec![range], direct: true }
            }
            (Some(users), Some(groups)) => {
                let ranges = |own, (outside, count)| {
                    vec![Range { inside: 0, outside: own, count: 1 }, Range { inside: 1, outside, count }]
                };
                Self::Many { users: ranges(user, users), groups: ranges(group, groups), direct: false }
            }
            _ => Self::One { user, group },
        }
    }

    /// The map for root of a user namespace that has some users only, as in a container of an ordinary user: `users` and
    /// `groups` are its `/proc/self/uid_map` and `gid_map`. As it is where that namespace has what it asks for.
    #[must_use]
    pub fn within(self, users: &str, groups: &str) -> Self {
        let Self::Many { users: wanted_users, groups: wanted_groups, direct: true } = &self else {
            return self;
        };
        let (users, groups) = (ids_of(users), ids_of(groups));
        let has = |ids: &[Range], wanted: &[Range]| {
            wanted.iter().all(|range| {
                let end = u64::from(range.outside) + u64::from(range.count);
                ids.iter().any(|there| {
                    there.inside <= range.outside && end <= u64::from(there.inside) + u64::from(there.count)
                })
            })
        };
        if has(&users, wanted_users) && has(&groups, wanted_groups) {
            return self;
        }
        let (users, groups) = (as_they_are(&users), as_they_are(&groups));
        match (&users[..], &groups[..]) {
            ([user], [group]) if user.count == 1 || group.count == 1 => Self::One { user: 0, group: 0 },
            _ => Self::Many { users, groups, direct: true },
        }
    }

    /// Whether only one user is mapped.
    #[must_use]
    pub const fn is_one(&self) -> bool {
        matches!(self, Self::One { .. })
    }

    /// The container's root, as this machine numbers it: user and group.
    #[must_use]
    pub fn root(&self) -> (u32, u32) {
        match self {
            Self::One { user, group } => (*user, *group),
            Self::Many { users, groups, .. } => (
                users.first().map_or(0, |range| range.outside),
                groups.first().map_or(0, |range| range.outside),
            ),
        }
    }

    /// A short text that differs between maps under which the same image is unpacked differently.
    #[must_use]
    pub fn tag(&self) -> String {
        match self {
            Self::One { user, group } => format!("one-{user}-{group}"),
            Self::Many { users, groups, .. } => {
                let side = |ranges: &[Range]| {
                    ranges
                        .iter()
                        .map(|range| format!("-{}.{}", range.outside, range.count))
                        .collect::<String>()
                };
                format!("many{}{}", side(users), side(groups))
            }
        }
    }
}

/// The ids that a namespace has, by its map (`user_namespaces(7)`). A range of a namespace below must lie in one of them.
fn ids_of(map: &str) -> Vec<Range> {
    let mut ranges: Vec<Range> = map
        .lines()
        .filter_map(|line| {
            let mut numbers = line.split_whitespace().map(str::parse);
            let (inside, outside, count) = (numbers.next()?, numbers.next()?, numbers.next()?);
            Some(Range { inside: inside.ok()?, outside: outside.ok()?, count: count.ok()? })
        })
        .collect();
    ranges.sort_unstable_by_key(|range| range.inside);
    ranges
}

/// Each id as itself.
fn as_they_are(ids: &[Range]) -> Vec<Range> {
    ids.iter().map(|range| Range { outside: range.inside, ..*range }).collect()
}

/// The largest range that a file of `subuid(5)` gives to somebody, by name or number.
fn subordinate(text: &str, name: Option<&str>, user: u32) -> Option<(u32, u32)> {
    let ranges = text.lines().filter_map(|line| {
        let mut fields = line.trim().split(':');
        let who = fields.next()?;
        let first: u32 = fields.next()?.parse().ok()?;
        let count: u32 = fields.next()?.parse().ok()?;
        let whole = count > 0 && first.checked_add(count).is_some();
        (whole && (Some(who) == name || who.parse() == Ok(user))).then_some((first, count))
    });
    ranges.max_by_key(|&(_, count)| count)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PASSWD: &str = "root:x:0:0::/root:/bin/sh\nann:x:1001:1001::/home/ann:/bin/sh\n";

    #[test]
    fn a_user_gets_the_largest_range_by_name_or_number() {
        let file = "bob:1:5\nann:100000:65536\n1001:900000:10\nann:4294967290:100\nann:x:y\n";
        let map = IdMap::choose(1001, 1002, PASSWD, file, file);
        let IdMap::Many { users, groups, direct } = &map else { panic!("{map:?}") };
        assert!(!direct);
        assert_eq!(users[0], Range { inside: 0, outside: 1001, count: 1 });
        assert_eq!(users[1], Range { inside: 1, outside: 100_000, count: 65_536 });
        assert_eq!(groups[0].outside, 1002);
        assert_eq!((map.root(), map.is_one()), ((1001, 1002), false));
    }

    #[test]
    fn without_a_range_of_both_kinds_there_is_one_user() {
        let map = IdMap::choose(1001, 1001, PASSWD, "ann:100000:65536\n", "");
        assert_eq!(map, IdMap::One { user: 1001, group: 1001 });
        assert_eq!(map.tag(), "one-1001-1001");
    }

    #[test]
    fn root_of_a_container_takes_what_the_container_has() {
        let root = || IdMap::choose(0, 0, PASSWD, "", "");
        let whole = "0 0 4294967295\n";
        assert_eq!(root().within(whole, whole), root());
        let some = "         0       1001          1\n         1     100000      65535\n";
        let ranges =
            [(0, 1), (1, 65_535)].map(|(id, count)| Range { inside: id, outside: id, count }).to_vec();
        let nested = IdMap::Many { users: ranges.clone(), groups: ranges, direct: true };
        assert_eq!(root().within(some, some), nested);
        assert_eq!(root().within("0 1001 1\n", "0 1001 1\n"), IdMap::One { user: 0, group: 0 });
        // An ordinary user's map is written by a program that knows what is there.
        let ordinary = IdMap::choose(1001, 1001, PASSWD, "ann:5:9\n", "ann:5:9\n");
        assert_eq!(ordinary.clone().within(some, some), ordinary);
    }

    #[test]
    fn root_never_stands_for_itself() {
        for file in ["", "root:231072:65536\n"] {
            let map = IdMap::choose(0, 0, PASSWD, file, file);
            assert!(map.root().0 >= 100_000 && !map.is_one(), "{map:?}");
        }
    }
}
