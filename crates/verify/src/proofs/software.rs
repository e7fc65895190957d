//! Software that has no place in a hardened image: package managers and shells.

use casehard_harden::{Level, plan::Reason};
use casehard_oci::RootPath;

use super::{Ground, Side, make, some};
use crate::{Check, Status};

/// Paths, and what each is beside that.
type Found = Vec<(RootPath, Option<&'static str>)>;

pub(super) fn package_manager(ground: Ground<'_>) -> Check {
    judge("package-manager", ground, installers)
}

pub(super) fn shell(ground: Ground<'_>) -> Check {
    judge("shell", ground, shells)
}

fn installers(side: Side<'_>) -> Found {
    side.tools.installers().map(|(node, of)| (side.tree.entry(node).path(), Some(of))).collect()
}

fn shells(side: Side<'_>) -> Found {
    side.tools.shells().map(|node| (side.tree.entry(node).path(), None)).collect()
}

fn judge(name: &str, ground: Ground<'_>, look: fn(Side<'_>) -> Found) -> Check {
    let shown = |found: &Found| {
        let text = |(path, of): &(RootPath, Option<&str>)| match of {
            Some(of) => format!("{path} ({of})"),
            None => path.to_string(),
        };
        some(&found.iter().map(text).collect::<Vec<_>>())
    };
    let before = shown(&look(ground.original));
    let found = look(ground.hardened);
    if found.is_empty() {
        return make(name, Status::Pass, "none", before);
    }
    let Some(plan) = ground.plan else { return make(name, Status::Fail, shown(&found), before) };
    if plan.level == Level::Tidy {
        let evidence = format!("{}; level tidy removes no software", shown(&found));
        return make(name, Status::Warn, evidence, before);
    }
    let why = |path: &RootPath| {
        plan.keep.get(path)?.iter().find_map(|reason| match reason {
            Reason::Used { .. } | Reason::Needed { .. } | Reason::Repair { .. } => {
                Some(format!("the application uses {path}"))
            }
            Reason::Asked { .. } => Some(format!("keep: asks for {path}")),
            Reason::Package { package } => {
                Some(format!("{path} is of package {package}, which is used and stays whole at this level"))
            }
            _ => None,
        })
    };
    let reasons: Vec<Option<String>> = found.iter().map(|(path, _)| why(path)).collect();
    match (reasons.iter().flatten().next(), reasons.iter().all(Option::is_some)) {
        (Some(reason), true) => make(name, Status::Warn, format!("{}; {reason}", shown(&found)), before),
        _ => make(name, Status::Fail, shown(&found), before),
    }
}
