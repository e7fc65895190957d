//! What a recipe puts into the root itself: accounts, directories, files and links.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use casehard_oci::RootPath;

use crate::{
    FileContent, FileEntry, Owner, Recipe,
    accounts::Accounts,
    error::BuildError,
    root::{Content, Kind, Node, Root},
};

/// Folders of a recipe's source may be this deep.
const DEPTH: usize = 64;

pub(crate) fn add(
    root: &mut Root,
    recipe: &Recipe,
    folder: &Path,
    mut accounts: Accounts,
) -> Result<(), BuildError> {
    for group in &recipe.groups {
        accounts.add_group(&group.name, group.gid, true);
    }
    for user in &recipe.users {
        let home = user.home.as_ref().and_then(RootPath::to_utf8);
        let home = home.as_deref().unwrap_or("/nonexistent");
        let shell = user.shell.as_deref().unwrap_or("/usr/sbin/nologin");
        let gid = match &user.group {
            Some(group) => accounts.add_group(group, None, true),
            None => accounts.add_group(&user.name, user.uid, true),
        };
        accounts.add_user(&user.name, user.uid, gid, "", home, shell, true);
        for group in &user.groups {
            accounts.add_group(group, None, true);
            accounts.add_member(&user.name, group);
        }
    }
    if !recipe.groups.is_empty() || !recipe.users.is_empty() {
        accounts.write(root);
    }
    let owner = |owner: &Owner| -> Result<(u32, u32), BuildError> {
        let no_such = |name: &str| BuildError::NoSuchOwner { name: name.to_owned() };
        let uid = accounts.uid(&owner.user).ok_or_else(|| no_such(&owner.user))?;
        let gid = accounts.gid(&owner.group).ok_or_else(|| no_such(&owner.group))?;
        Ok((uid, gid))
    };
    for directory in &recipe.directories {
        let (uid, gid) = owner(&directory.owner)?;
        put(root, &directory.path, Node::directory(directory.mode).owned(uid, gid))?;
    }
    for file in &recipe.files {
        let (uid, gid) = owner(&file.owner)?;
        match &file.content {
            FileContent::Text(text) => {
                let node = Node::file(text.as_bytes(), file.mode.unwrap_or(0o644)).owned(uid, gid);
                put(root, &file.path, node)?;
            }
            FileContent::Source(source) => {
                copy(root, &folder.join(source), &file.path, file, (uid, gid), 0)?;
            }
        }
    }
    for link in &recipe.links {
        put(root, &link.path, Node::symlink(&link.target))?;
    }
    Ok(())
}

fn put(root: &mut Root, path: &RootPath, node: Node) -> Result<(), BuildError> {
    match root.put(path, node) {
        Some(_) => Ok(()),
        None => Err(BuildError::InTheWay { path: path.clone() }),
    }
}

/// Copies a file, or a folder with all below it. Times are not taken over: a checkout has other ones each time.
fn copy(
    root: &mut Root,
    source: &Path,
    path: &RootPath,
    entry: &FileEntry,
    (uid, gid): (u32, u32),
    depth: usize,
) -> Result<(), BuildError> {
    use std::os::unix::{ffi::OsStrExt as _, fs::PermissionsExt as _};
    let failed = |error| BuildError::Read { path: source.to_owned(), source: error };
    // The source itself may be a link to what is meant; links inside a folder are content.
    let metadata =
        if depth == 0 { fs::metadata(source) } else { fs::symlink_metadata(source) }.map_err(failed)?;
    let kind = metadata.file_type();
    if depth > DEPTH || !(kind.is_file() || kind.is_dir() || kind.is_symlink()) {
        return Err(BuildError::Source { path: source.to_owned() });
    }
    if kind.is_symlink() {
        let target = fs::read_link(source).map_err(failed)?;
        return put(root, path, Node::symlink(target.as_os_str().as_bytes()).owned(uid, gid));
    }
    if kind.is_file() {
        let content = Content::Local { path: Arc::from(source), size: metadata.len() };
        let executable = metadata.permissions().mode() & 0o100 != 0;
        let mode = entry.mode.unwrap_or(if executable { 0o755 } else { 0o644 });
        return put(root, path, Node::new(Kind::File { content, shared: false }, mode).owned(uid, gid));
    }
    if !root.is_directory(path) || depth > 0 {
        put(root, path, Node::directory(0o755).owned(uid, gid))?;
    }
    let entries = fs::read_dir(source).map_err(failed)?;
    let mut names: Vec<PathBuf> =
        entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>().map_err(failed)?;
    names.sort();
    for below in names {
        let name = below.file_name().unwrap_or_default().as_bytes().to_vec();
        copy(root, &below, &path.child(&name), entry, (uid, gid), depth + 1)?;
    }
    Ok(())
}
