//! Carrying out a plan: exactly what it lists, nothing else.

use std::{collections::BTreeMap, path::Path};

use casehard_image::{Addition, Change, Edit, Image, Kind, LayoutWriter, Tree, WriteError, Written};
use casehard_oci::RootPath;

use crate::plan::{Added, Plan};

/// Why a plan could not be carried out.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ApplyError {
    /// The plan is for another image.
    #[error("plan is for image {planned}, not for {given}")]
    OtherImage {
        /// The image it is for.
        planned: casehard_oci::Digest,
        /// The image at hand.
        given: casehard_oci::Digest,
    },
    /// The new image could not be written.
    #[error(transparent)]
    Write(#[from] WriteError),
}

/// Writes the image that `plan` makes of `image` as an OCI layout at `path`. `tree` is the merged tree of `image`;
/// `date` dates the additions, in seconds since 1970.
///
/// # Errors
/// When the plan is for another image, or reading or writing fails.
pub fn apply(image: &Image, tree: &Tree, plan: &Plan, date: i64, path: &Path) -> Result<Written, ApplyError> {
    if plan.image != image.digest() {
        return Err(ApplyError::OtherImage { planned: plan.image, given: image.digest() });
    }
    let additions: BTreeMap<RootPath, Addition> =
        plan.additions.iter().map(|(path, addition)| (path.clone(), write(addition, date))).collect();
    let mut changes = BTreeMap::new();
    for (path, change) in &plan.changes {
        let mut new = Change { mode: change.mode, uid: change.uid, gid: change.gid, xattrs: None };
        if change.drop_capabilities
            && let Some(entry) = tree.get(path)
        {
            let mut xattrs = entry.xattrs().clone();
            xattrs.remove(&b"security.capability"[..]);
            new.xattrs = Some(xattrs);
        }
        changes.insert(path.clone(), new);
    }
    let keep = |entry: casehard_image::Entry<'_>| plan.keep.contains_key(&entry.path());
    let annotations = plan.annotations();
    let edit = Edit { keep: &keep, changes, additions, config: plan.config.clone(), annotations };
    let writer = LayoutWriter::create(path)?;
    Ok(casehard_image::edit(image, tree, &edit, writer)?)
}

fn write(addition: &crate::plan::Addition, mtime: i64) -> Addition {
    let (kind, content) = match &addition.what {
        Added::File { content } => (Kind::File, content.clone().into_bytes()),
        Added::Directory => (Kind::Directory, Vec::new()),
        Added::Symlink { target } => (Kind::Symlink(target.as_bytes().into()), Vec::new()),
    };
    Addition { kind, mode: addition.mode, uid: addition.uid, gid: addition.gid, mtime, content }
}
