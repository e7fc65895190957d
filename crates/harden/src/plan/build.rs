//! From what is known to what is done.

use std::collections::BTreeMap;

use casehard_image::{Entry, Image, NodeId, Tree};
use casehard_inventory::{Inventory, PackageId};
use casehard_oci::{Container, History, ImageConfig, RootPath};
use casehard_profile::Profile;

use super::{Addition, Change, Note, Plan, Reason, Removal, Setting};
use crate::{
    Level, Policy, Tools, account::Accounts, closure, content::is_place, debris, kept::Kept, ownership,
    packages, privilege, runtime::Runtime, writable,
};

/// What a plan is made from.
#[derive(Clone, Copy)]
pub struct Ground<'a> {
    /// The image.
    pub image: &'a Image,
    /// Its merged tree.
    pub tree: &'a Tree,
    /// What is in it.
    pub inventory: &'a Inventory,
    /// Its shells and package managers.
    pub tools: &'a Tools,
    /// What the application uses.
    pub profile: &'a Profile,
    /// What a person decided.
    pub policy: &'a Policy,
}

/// Decides what becomes of every path, package and setting. Pure: the same inputs give the same plan.
#[must_use]
pub fn plan(ground: Ground<'_>) -> Plan {
    let dependencies = packages::Dependencies::of(ground.inventory);
    let config = ground.image.config();
    let container = crate::without_shell_forms(&config.config, ground.tree);
    let mut new = config.clone();
    new.config = container;
    let concessions = &ground.policy.concessions;
    if concessions.root.is_none()
        && let Some(argv) = privilege::after_the_drop(&new.config, ground.tree, ground.profile)
    {
        new.config.entrypoint = Some(argv);
        new.config.cmd = None;
    }
    let kept = closure::Closure::compute(closure::Ground {
        tree: ground.tree,
        inventory: ground.inventory,
        tools: ground.tools,
        profile: ground.profile,
        config: &new,
        policy: ground.policy,
        dependencies: &dependencies,
        image: ground.image,
    })
    .into_kept();

    let mut draft = Draft::new(ground, kept);
    draft.drop_asked_packages();
    draft.drop_tools();
    draft.drop_orphans();
    draft.drop_database();
    let accounts = Accounts::read(&text(ground, b"etc/passwd"), &text(ground, b"etc/group"));
    let identity = ownership::identity(ground, &accounts);
    draft.add_account(&identity, &accounts);
    let stays = |node: NodeId| draft.kept.contains(node);
    let changes = ownership::changes(ground, &identity, &stays);
    let runtime = Runtime {
        uid: identity.uid,
        gid: identity.gid,
        read_only: concessions.writable_root.is_none(),
        capabilities: draft.capabilities(&identity),
        writable: writable::places(ground, &stays),
        ports: writable::ports(ground.profile),
        syscalls: ground.profile.syscalls.iter().chain(concessions.syscalls.keys()).cloned().collect(),
        seccomp: ground.policy.seccomp,
    };
    draft.changes = changes;
    draft.finish(new, &identity, runtime)
}

/// The bytes of a small configuration file, empty when there is none.
fn text(ground: Ground<'_>, path: &[u8]) -> Vec<u8> {
    let text = ground.inventory.text(ground.tree, &RootPath::root().join_as_kernel(path));
    text.map(<[u8]>::to_vec).unwrap_or_default()
}

/// A plan in the making.
struct Draft<'a> {
    ground: Ground<'a>,
    kept: Kept,
    orphans: BTreeMap<NodeId, RootPath>,
    database: bool,
    asked: BTreeMap<NodeId, String>,
    tools: BTreeMap<NodeId, &'static str>,
    changes: BTreeMap<RootPath, Change>,
    additions: BTreeMap<RootPath, Addition>,
    notes: Vec<Note>,
}

impl<'a> Draft<'a> {
    fn new(ground: Ground<'a>, kept: Kept) -> Self {
        Self {
            ground,
            kept,
            orphans: BTreeMap::new(),
            database: false,
            asked: BTreeMap::new(),
            tools: BTreeMap::new(),
            changes: BTreeMap::new(),
            additions: BTreeMap::new(),
            notes: Vec::new(),
        }
    }

    /// `drop: packages` takes every file of a package that no used package needs by a rule.
    fn drop_asked_packages(&mut self) {
        for package in &self.ground.inventory.packages {
            if !self.ground.policy.drop.package(&package.name) {
                continue;
            }
            for node in &package.files {
                if !is_place(self.ground.tree, self.ground.tree.entry(*node)) && self.kept.remove(*node) {
                    self.asked.insert(*node, package.name.clone());
                }
            }
        }
    }

    /// Shells and package managers go that stay only because their package does.
    fn drop_tools(&mut self) {
        if self.ground.policy.level == Level::Tidy {
            return;
        }
        let is_member = |reason: &Reason| matches!(reason, Reason::Package { .. });
        let unused = self.kept.nodes().filter(|node| self.kept.reasons(*node).all(is_member));
        let tools: Vec<(NodeId, &str)> =
            unused.filter_map(|node| Some((node, self.ground.tools.kind(node)?))).collect();
        for (node, kind) in tools {
            self.kept.remove(node);
            self.tools.insert(node, kind);
        }
    }

    /// A link that led to something that goes, and compiled modules without their source, make no sense any more.
    /// What was used stays: then something looked at the link itself.
    fn drop_orphans(&mut self) {
        let tree = self.ground.tree;
        if self.ground.policy.level == Level::Tidy {
            return;
        }
        let unused = |node: &NodeId| {
            !self.kept.reasons(*node).any(|reason| {
                matches!(
                    reason,
                    Reason::Used { .. } | Reason::Asked { .. } | Reason::Repair { .. } | Reason::Basic { .. }
                )
            })
        };
        let candidates: Vec<NodeId> = self.kept.nodes().filter(unused).collect();
        for node in candidates {
            let entry = tree.entry(node);
            if let Some(gone) = self.leads_to_nothing(entry) {
                self.kept.remove(node);
                self.orphans.insert(node, gone);
            }
        }
    }

    fn leads_to_nothing(&self, entry: Entry<'_>) -> Option<RootPath> {
        let tree = self.ground.tree;
        if entry.is_symlink() {
            let target = tree.resolve(&entry.path()).entry?;
            return (!self.kept.contains(target.id())).then(|| target.path());
        }
        let stem = entry.name().strip_suffix(b".pyc")?.split(|byte| *byte == b'.').next()?;
        let directory = entry.parent().filter(|directory| directory.name() == b"__pycache__")?.parent()?;
        let source = directory.child(&[stem, b".py"].concat())?;
        (!self.kept.contains(source.id())).then(|| source.path())
    }

    /// The package manager's database goes when no program of the package manager stays; its truth moves to
    /// `status.d`. Where the program stays, the database says what is left.
    fn drop_database(&mut self) {
        let (tree, inventory) = (self.ground.tree, self.ground.inventory);
        let at = |path: &[u8]| tree.get(&RootPath::root().join_as_kernel(path));
        let Some(status) = at(b"var/lib/dpkg/status") else { return };
        let program = tree.resolve(&RootPath::root().join_as_kernel(b"usr/bin/dpkg")).entry;
        let program_stays = program.is_some_and(|program| self.kept.contains(program.id()));
        let kept = &self.kept;
        let stays = |node: NodeId| kept.contains(node);
        if program_stays {
            if let Some(content) = packages::debian_status(tree, inventory, &stays) {
                let why = "the packages that are left".to_owned();
                let addition =
                    Addition { what: super::Added::File { content }, mode: 0o644, uid: 0, gid: 0, why };
                self.additions.insert(status.path(), addition);
            }
            let reason = Reason::Basic { what: "the package database, whose program stays".to_owned() };
            for entry in
                at(b"var/lib/dpkg").into_iter().flat_map(|top| std::iter::once(top).chain(top.below()))
            {
                if debris::class(entry).is_none() && entry.id() != status.id() {
                    self.keep_with_directories(entry, &reason);
                }
            }
            if self.additions.contains_key(&status.path()) {
                self.kept.remove(status.id());
            } else {
                self.keep_with_directories(status, &reason);
            }
            return;
        }
        self.additions.extend(packages::debian_account(tree, inventory, &stays));
        self.database = true;
        for top in [&b"var/lib/dpkg"[..], b"var/lib/apt"] {
            for entry in at(top).into_iter().flat_map(|top| std::iter::once(top).chain(top.below())) {
                self.kept.remove(entry.id());
            }
        }
    }

    fn keep_with_directories(&mut self, entry: Entry<'_>, reason: &Reason) {
        self.kept.add_first(entry.id(), reason);
        let mut above = entry.parent();
        while let Some(directory) = above {
            self.kept.add_first(directory.id(), &Reason::Holds);
            above = directory.parent();
        }
    }

    /// The directories above what is put in stay, for they will be there.
    fn hold_additions(&mut self) {
        for above in self.additions.keys().flat_map(RootPath::ancestors) {
            if let Some(directory) = self.ground.tree.get(&above).filter(|entry| entry.is_directory()) {
                self.kept.add_first(directory.id(), &Reason::Holds);
            }
        }
    }

    /// A user of its own gets a line in the lists of users and groups.
    fn add_account(&mut self, identity: &ownership::Identity, accounts: &Accounts) {
        if !identity.is_new {
            return;
        }
        let name = accounts.free_name();
        let mut add = |path: &[u8], old: &[u8], line: String| {
            let mut content = String::from_utf8_lossy(old).into_owned();
            if !content.is_empty() && !content.ends_with('\n') {
                content.push('\n');
            }
            content.push_str(&line);
            let path = RootPath::root().join_as_kernel(path);
            let place = self.ground.tree.resolve(&path);
            let (mode, uid, gid) =
                place.entry.map_or((0o644, 0, 0), |entry| (entry.mode(), entry.uid(), entry.gid()));
            let why = "the user that the application runs as has a name".to_owned();
            self.additions
                .insert(place.path, Addition { what: super::Added::File { content }, mode, uid, gid, why });
        };
        let (uid, gid) = (identity.uid, identity.gid);
        let home = identity.home.as_ref().map_or_else(|| "/nonexistent".to_owned(), RootPath::to_string);
        add(
            b"etc/passwd",
            &text(self.ground, b"etc/passwd"),
            format!("{name}:x:{uid}:{gid}::{home}:/usr/sbin/nologin\n"),
        );
        if !accounts.has_group(gid) {
            add(b"etc/group", &text(self.ground, b"etc/group"), format!("{name}:x:{gid}:\n"));
        }
        let replaced: Vec<NodeId> =
            self.additions.keys().filter_map(|path| self.ground.tree.get(path)).map(Entry::id).collect();
        for node in replaced {
            self.kept.remove(node);
        }
    }

    /// Capabilities that were found to be needed although the application does not run as root.
    fn capabilities(
        &self,
        identity: &ownership::Identity,
    ) -> BTreeMap<String, std::collections::BTreeSet<String>> {
        let mut needed: BTreeMap<String, std::collections::BTreeSet<String>> = BTreeMap::new();
        let concessions = &self.ground.policy.concessions;
        for (name, operation) in &concessions.capabilities {
            needed.entry(name.clone()).or_default().insert(operation.clone());
        }
        // Where nothing was tried, root keeps what it was seen to need.
        if identity.uid == 0 && concessions.root.is_none() {
            for (name, operations) in &self.ground.profile.capabilities {
                needed.entry(name.clone()).or_default().extend(operations.iter().cloned());
            }
        }
        needed
    }

    fn removal(&self, entry: Entry<'_>) -> Removal {
        let node = entry.id();
        if let Some(gone) = self.orphans.get(&node) {
            return Removal::Orphan { with: gone.clone() };
        }
        if let Some(by) = self.asked.get(&node) {
            return Removal::Asked { by: by.clone() };
        }
        if let Some(kind) = self.tools.get(&node) {
            return Removal::Tool { kind: (*kind).to_owned() };
        }
        if let Some(by) = self.ground.policy.drop.entry(entry, self.ground.tree, self.ground.tools) {
            return Removal::Asked { by };
        }
        if self.database && packages::is_database(&entry.path()) {
            return Removal::PackageManagerState;
        }
        if let Some(class) = debris::class(entry) {
            return Removal::Debris { class: class.to_owned() };
        }
        if entry.is_directory() {
            return Removal::Empty;
        }
        let Some(owner) = self.ground.inventory.owners(entry).next() else { return Removal::Unused };
        let package = &self.ground.inventory.packages[owner.index()];
        let name = package.name.clone();
        if self.has_file(owner) {
            Removal::UnusedFile { package: name }
        } else {
            Removal::UnusedPackage { package: name }
        }
    }

    fn has_file(&self, package: PackageId) -> bool {
        let files = &self.ground.inventory.packages[package.index()].files;
        files.iter().any(|node| {
            self.kept.contains(*node) && !is_place(self.ground.tree, self.ground.tree.entry(*node))
        })
    }

    fn finish(mut self, mut config: ImageConfig, identity: &ownership::Identity, runtime: Runtime) -> Plan {
        let ground = self.ground;
        let mut settings = settings(ground, &config.config);
        let user = format!("{}:{}", identity.uid, identity.gid);
        if config.config.user != user {
            let before = std::mem::replace(&mut config.config.user, user.clone());
            settings.push(Setting {
                field: "config.User".into(),
                before,
                after: user,
                why: identity.why.clone(),
            });
        }
        config.history.push(History {
            created_by: Some(format!("casehard harden --level {}", ground.policy.level)),
            comment: Some(format!("hardened from {}", ground.image.digest())),
            empty_layer: true,
            ..History::default()
        });
        self.hold_additions();
        let mut remove = BTreeMap::new();
        for entry in ground.tree.walk() {
            if self.kept.contains(entry.id()) {
                continue;
            }
            let path = entry.path();
            if !self.additions.contains_key(&path) {
                remove.insert(path, self.removal(entry));
            }
        }
        let stays = |node: NodeId| {
            self.kept.contains(node) || self.additions.contains_key(&ground.tree.entry(node).path())
        };
        let packages = packages::account(ground.tree, ground.inventory, &stays, &self.kept);
        self.notes.extend(identity.notes.iter().cloned());
        let conceded = ground.policy.concessions.notes();
        self.notes.extend(conceded.into_iter().map(|(about, text)| Note { about: about.into(), text }));
        for (word, picks) in [("keep", &ground.policy.keep), ("drop", &ground.policy.drop)] {
            self.notes.extend(picks.absent(ground.inventory).map(|name| Note {
                about: word.into(),
                text: format!("the image has no package {name:?}, which {word}: names"),
            }));
        }
        self.notes.extend(ground.profile.blind.iter().map(|blind| Note {
            about: "blind".into(),
            text: format!("{}: {}", blind.recorder, blind.what),
        }));
        self.notes.sort();
        let keep = self.kept.lists().filter(|(node, _)| *node != ground.tree.root().id());
        let keep = keep.map(|(node, reasons)| (ground.tree.entry(node).path(), reasons)).collect();
        Plan {
            schema: "casehard.plan/1".into(),
            image: ground.image.digest(),
            image_config: ground.image.manifest().config.digest,
            level: ground.policy.level,
            keep,
            remove,
            changes: self.changes,
            additions: self.additions,
            packages,
            settings,
            config,
            runtime,
            notes: self.notes,
        }
    }
}

fn settings(ground: Ground<'_>, after: &Container) -> Vec<Setting> {
    let before = &ground.image.config().config;
    let unshelled = crate::without_shell_forms(before, ground.tree);
    let drops = unshelled.argv() != after.argv();
    let mut settings = Vec::new();
    let mut compare = |field: &str, before: String, after: String| {
        if before != after {
            let is_start = field != "config.Healthcheck.Test";
            let why = if drops && is_start {
                "it started as root only to give that up and become this program"
            } else {
                "it started a shell only to start this program"
            };
            let why = why.to_owned();
            settings.push(Setting { field: field.into(), before, after, why });
        }
    };
    let json = |value: &Option<Vec<String>>| serde_json::to_string(value).unwrap_or_default();
    compare("config.Entrypoint", json(&before.entrypoint), json(&after.entrypoint));
    compare("config.Cmd", json(&before.cmd), json(&after.cmd));
    let test = |container: &Container| json(&container.healthcheck.as_ref().map(|check| check.test.clone()));
    compare("config.Healthcheck.Test", test(before), test(after));
    settings
}

impl Plan {
    /// Annotations of the manifest of the result: what it was made from (OCI image specification, `annotations.md`).
    #[must_use]
    pub fn annotations(&self) -> BTreeMap<String, String> {
        BTreeMap::from([("org.opencontainers.image.base.digest".to_owned(), self.image.to_string())])
    }

    /// What becomes of the packages of that name.
    #[must_use]
    pub fn package(&self, name: &str) -> Vec<&super::PackagePlan> {
        self.packages.iter().filter(|package| package.name == name).collect()
    }
}
