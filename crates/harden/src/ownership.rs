//! Whom the result runs as, and what must belong to that user for it to work.

use std::collections::BTreeMap;

use casehard_image::{Entry, NodeId};
use casehard_oci::RootPath;
use casehard_profile::{Access, PathUse};

use crate::{
    account::Accounts,
    plan::{Change, Ground, Note},
    writable,
};

/// Whom the result runs as.
#[derive(Debug, Clone)]
pub(crate) struct Identity {
    pub uid: u32,
    pub gid: u32,
    /// Whether it has no line in the list of users yet.
    pub is_new: bool,
    /// The home that its new line names.
    pub home: Option<RootPath>,
    pub why: String,
    pub notes: Vec<Note>,
}

/// The user of a result whose image said nothing and whose application stayed root.
const FRESH: u32 = 10001;

pub(crate) fn identity(ground: Ground<'_>, accounts: &Accounts) -> Identity {
    let configured = &ground.image.config().config.user;
    let make = |uid, gid, why: String| Identity {
        uid,
        gid,
        is_new: uid != 0 && accounts.name(uid).is_none(),
        home: home(ground, accounts),
        why,
        notes: Vec::new(),
    };
    if let Some(why) = &ground.policy.concessions.root {
        return make(0, 0, format!("it does not work as anybody else: {why}"));
    }
    if let Some((uid, gid)) = ground.policy.user {
        return make(uid, gid, "the workload asks for it".into());
    }
    match accounts.resolve(configured) {
        Some((0, _)) => {}
        Some((uid, gid)) => {
            return make(uid, gid, "the image's own user, as a number that Kubernetes can check".into());
        }
        None => {
            let mut identity =
                make(FRESH, FRESH, format!("the image's user {configured:?} is in no list of users"));
            identity.notes.push(Note {
                about: "user".into(),
                text: format!("the image names the user {configured:?}, which /etc/passwd does not have"),
            });
            return identity;
        }
    }
    // An application that gives up root itself says whom it wants to be.
    let dropped = ground.profile.users.0.iter().filter(|(identity, _)| identity.uid != 0);
    let favourite =
        dropped.max_by_key(|(identity, programs)| (programs.len(), std::cmp::Reverse(identity.uid)));
    match favourite {
        Some((identity, _)) => {
            let name = accounts.name(identity.uid).unwrap_or("a user without a name");
            make(identity.uid, identity.gid, format!("the application itself became {name}"))
        }
        None => make(FRESH, FRESH, "nothing that was run needed root".into()),
    }
}

/// Where the image's own user is at home, if the application went there: it finds the same place again as another user.
fn home(ground: Ground<'_>, accounts: &Accounts) -> Option<RootPath> {
    let (uid, _) = accounts.resolve(&ground.image.config().config.user)?;
    let home = accounts.home(uid)?;
    ground.profile.paths.keys().any(|path| path.starts_with(&home)).then_some(home)
}

/// What must change about paths that stay: setuid and setgid bits and file capabilities go, and what the user must
/// read or write becomes theirs.
pub(crate) fn changes(
    ground: Ground<'_>,
    identity: &Identity,
    stays: &dyn Fn(NodeId) -> bool,
) -> BTreeMap<RootPath, Change> {
    let mut changes: BTreeMap<RootPath, Change> = BTreeMap::new();
    for entry in ground.tree.walk().filter(|entry| entry.is_file() && stays(entry.id())) {
        if entry.mode() & 0o6000 != 0 {
            let change = changes.entry(entry.path()).or_default();
            change.mode = Some(entry.mode() & 0o1777);
            change.why.push("with no-new-privileges its setuid or setgid bit does nothing, without it it is a way to root".into());
        }
        if entry.xattrs().contains_key(&b"security.capability"[..]) {
            let change = changes.entry(entry.path()).or_default();
            change.drop_capabilities = true;
            change.why.push(
                "with no-new-privileges its file capabilities do nothing, and execution may fail for them"
                    .into(),
            );
        }
    }
    if identity.uid == 0 {
        return changes;
    }
    for (path, used) in &ground.profile.paths {
        if writable::is_bytecode(path) {
            continue;
        }
        let Some(entry) = ground.tree.get(path).filter(|entry| stays(entry.id())) else {
            created(ground, identity, path, used, stays, &mut changes);
            continue;
        };
        if !entry.is_symlink() {
            used_by(identity, entry, used, &mut changes);
        }
        reached_by(identity, entry, stays, &mut changes);
        if used.access.contains(&Access::Removed) {
            created(ground, identity, path, used, stays, &mut changes);
        }
    }
    // What looks for its settings at home is told that there are none, not that it may not look.
    let home = identity.home.as_ref().filter(|_| identity.is_new).and_then(|home| ground.tree.get(home));
    if let Some(home) = home.filter(|home| home.is_directory() && stays(home.id()))
        && allows(identity, home, &changes) != 7
    {
        own(identity, home, &mut changes, "it is the user's home");
    }
    for volume in ground.image.config().config.volumes.keys() {
        let path = ground.tree.resolve(&RootPath::root().join_as_kernel(volume.as_bytes()));
        if let Some(entry) = path.entry.filter(|entry| stays(entry.id())) {
            own_below(identity, entry, stays, &mut changes, "the image declares it as a volume");
        }
    }
    changes
}

fn used_by(identity: &Identity, entry: Entry<'_>, used: &PathUse, changes: &mut BTreeMap<RootPath, Change>) {
    let has = |access| used.access.contains(&access);
    let needs_write = has(Access::Written);
    let needs_read = has(Access::Read) || has(Access::Library) || has(Access::Listed);
    let needs_execute = has(Access::Executed) || entry.is_directory();
    let allowed = allows(identity, entry, changes);
    let needed = u32::from(needs_read) << 2 | u32::from(needs_write) << 1 | u32::from(needs_execute);
    if allowed & needed == needed || is_for_root_only(&entry.path()) {
        return;
    }
    if needs_write {
        own(identity, entry, changes, "the application writes it");
    } else {
        allow(identity, entry, needed, changes, "the application reads it");
    }
}

/// The directories on the way to what is used must let the user through.
fn reached_by(
    identity: &Identity,
    entry: Entry<'_>,
    stays: &dyn Fn(NodeId) -> bool,
    changes: &mut BTreeMap<RootPath, Change>,
) {
    let parents = std::iter::successors(entry.parent(), |directory| directory.parent());
    for directory in parents.filter(|directory| stays(directory.id())) {
        if allows(identity, directory, changes) & 1 == 0 {
            allow(identity, directory, 1, changes, "the application uses what is below it");
        }
    }
}

/// Password hashes are not for the application, whatever looked at them as root.
fn is_for_root_only(path: &RootPath) -> bool {
    matches!(path.as_bytes(), b"etc/shadow" | b"etc/gshadow" | b"etc/sudoers")
}

/// The permission bits (4 read, 2 write, 1 execute) that the user has on an entry, changes so far applied.
fn allows(identity: &Identity, entry: Entry<'_>, changes: &BTreeMap<RootPath, Change>) -> u32 {
    let change = changes.get(&entry.path());
    let uid = change.and_then(|change| change.uid).unwrap_or_else(|| entry.uid());
    let gid = change.and_then(|change| change.gid).unwrap_or_else(|| entry.gid());
    let mode = change.and_then(|change| change.mode).unwrap_or_else(|| entry.mode());
    let shift = if uid == identity.uid {
        6
    } else if gid == identity.gid {
        3
    } else {
        0
    };
    mode >> shift & 7
}

/// Lets the user read or enter: as a member of the group where root's group may, since an owner may also write.
fn allow(
    identity: &Identity,
    entry: Entry<'_>,
    needed: u32,
    changes: &mut BTreeMap<RootPath, Change>,
    why: &str,
) {
    if entry.gid() != 0 || entry.mode() >> 3 & needed != needed {
        return own(identity, entry, changes, why);
    }
    for name in entry.names() {
        let change = changes.entry(name.path()).or_default();
        change.gid = Some(identity.gid);
        if !change.why.iter().any(|known| known == why) {
            change.why.push(why.to_owned());
        }
    }
}

fn own(identity: &Identity, entry: Entry<'_>, changes: &mut BTreeMap<RootPath, Change>, why: &str) {
    // All names of one file have one owner.
    for name in entry.names() {
        let change = changes.entry(name.path()).or_default();
        change.uid = Some(identity.uid);
        if entry.is_directory() || entry.gid() == 0 {
            change.gid = Some(identity.gid);
        }
        if !change.why.iter().any(|known| known == why) {
            change.why.push(why.to_owned());
        }
    }
}

fn own_below(
    identity: &Identity,
    top: Entry<'_>,
    stays: &dyn Fn(NodeId) -> bool,
    changes: &mut BTreeMap<RootPath, Change>,
    why: &str,
) {
    for entry in std::iter::once(top).chain(top.below()) {
        if stays(entry.id())
            && !entry.is_symlink()
            && entry.uid() != identity.uid
            && allows(identity, entry, changes) & 2 == 0
        {
            own(identity, entry, changes, why);
        }
    }
}

/// What was created or removed needs a directory that the user may write to.
fn created(
    ground: Ground<'_>,
    identity: &Identity,
    path: &RootPath,
    used: &PathUse,
    stays: &dyn Fn(NodeId) -> bool,
    changes: &mut BTreeMap<RootPath, Change>,
) {
    if !used.access.contains(&Access::Created) && !used.access.contains(&Access::Removed) {
        return;
    }
    let Some(parent) = path.parent() else { return };
    let Some(directory) = ground.tree.get(&parent).filter(|entry| entry.is_directory() && stays(entry.id()))
    else {
        return;
    };
    // The system's own directories stay root's: what is written there gets a mount of its own.
    if writable::is_system(&parent) || allows(identity, directory, changes) & 3 == 3 {
        return;
    }
    own(identity, directory, changes, "the application creates files in it");
}
