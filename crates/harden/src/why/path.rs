//! Why a path stays or went.

use std::collections::{BTreeMap, VecDeque};

use casehard_oci::RootPath;

use super::{
    Answer,
    words::{reason, removal, some},
};
use crate::plan::{Added, Plan, Reason};

/// How many further reasons are told.
const FURTHER: usize = 5;
/// How long a chain of needs may be; longer ones are cut, and said to be.
const CHAIN: usize = 32;

pub(super) fn why(plan: &Plan, asked: &RootPath) -> Option<Answer> {
    let path = &known(plan, asked)?;
    let mut answer = if let Some(reasons) = plan.keep.get(path) {
        let mut answer = Answer::new(path.to_string(), "stays");
        kept(plan, path, reasons, &mut answer);
        answer
    } else if let Some(why) = plan.remove.get(path) {
        let mut answer = Answer::new(path.to_string(), "was removed");
        answer.push(0, removal(why));
        answer
    } else {
        Answer::new(path.to_string(), if plan.additions.contains_key(path) { "was put in" } else { "stays" })
    };
    if let Some(addition) = plan.additions.get(path) {
        let what = match &addition.what {
            Added::File { .. } => "a file",
            Added::Directory => "a directory",
            Added::Symlink { .. } => "a symbolic link",
        };
        answer.push(0, format!("{what} was put in here: {}", super::words::safe(&addition.why)));
    }
    if let Some(change) = plan.changes.get(path) {
        answer.push(0, changed(change));
        for why in &change.why {
            answer.push(1, super::words::safe(why));
        }
    }
    if path != asked {
        answer.push(0, format!("{asked} leads there in a merged /usr"));
    }
    below(plan, path, &mut answer);
    Some(answer)
}

/// The path as the plan has it. Where `/bin` and its like are links into `/usr`, the plan has `/usr/bin/x` for `/bin/x`.
fn known(plan: &Plan, asked: &RootPath) -> Option<RootPath> {
    let is_known = |path: &RootPath| {
        plan.keep.contains_key(path)
            || plan.remove.contains_key(path)
            || plan.additions.contains_key(path)
            || plan.changes.contains_key(path)
    };
    let top = asked.components().next()?;
    let merged = || match top {
        b"bin" | b"sbin" | b"lib" | b"lib32" | b"lib64" | b"libx32" => {
            Some(RootPath::root().child(b"usr").join_as_kernel(asked.as_bytes()))
        }
        _ => None,
    };
    [Some(asked.clone()), merged()].into_iter().flatten().find(is_known)
}

/// The shortest way back to something that stays on its own account, then the other reasons.
fn kept(plan: &Plan, path: &RootPath, reasons: &[Reason], answer: &mut Answer) {
    let is_own = |reason: &Reason| !matches!(reason, Reason::Needed { .. });
    let mut told = None;
    if let Some(at) = reasons.iter().position(is_own) {
        answer.push(0, reason(&reasons[at]));
        told = Some(at);
        package(plan, &reasons[at], answer);
    } else {
        let chain = chain(plan, path);
        told = chain.first().and_then(|first| reasons.iter().position(|reason| reason == *first)).or(told);
        for (depth, step) in chain.iter().take(CHAIN).enumerate() {
            answer.push(depth, reason(step));
        }
        if chain.len() > CHAIN {
            answer.push(CHAIN, format!("and so on: the chain has {} links", chain.len()));
        }
        if chain.last().is_none_or(|last| !is_own(last)) {
            answer.push(chain.len().min(CHAIN), "(these need each other; the plan has no further reason)");
        }
    }
    let others: Vec<&Reason> =
        reasons.iter().enumerate().filter(|(at, _)| Some(*at) != told).map(|(_, reason)| reason).collect();
    for other in others.iter().take(FURTHER) {
        answer.push(0, format!("also: {}", reason(other)));
    }
    if others.len() > FURTHER {
        answer.push(0, format!("and {} further reasons", others.len() - FURTHER));
    }
}

/// What kept the package that a file stays with.
fn package(plan: &Plan, reason: &Reason, answer: &mut Answer) {
    let Reason::Package { package } = reason else { return };
    for package in plan.package(package) {
        if !package.kept_by.is_empty() {
            answer.push(1, format!("it stays because of {}", some(&package.kept_by, 3)));
        }
    }
}

/// From `path` along what needs it to the nearest path that stays on its own account; a breadth-first search, so
/// that circles end and the way is the shortest. Empty when there is none.
fn chain<'a>(plan: &'a Plan, path: &RootPath) -> Vec<&'a Reason> {
    let mut from: BTreeMap<&RootPath, (&RootPath, &Reason)> = BTreeMap::new();
    let mut open = VecDeque::from([path]);
    let mut longest: Vec<&Reason> = Vec::new();
    while let Some(at) = open.pop_front() {
        let reasons = plan.keep.get(at).map(AsRef::as_ref).unwrap_or_default();
        let way = || {
            let mut way = Vec::new();
            let mut here = at;
            while let Some((to, reason)) = from.get(here) {
                way.push(*reason);
                here = to;
            }
            way.reverse();
            way
        };
        let own = reasons.iter().find(|reason| !matches!(reason, Reason::Needed { .. }));
        if let Some(own) = own.filter(|_| at != path) {
            let mut way = way();
            way.push(own);
            return way;
        }
        if longest.is_empty() && at != path {
            longest = way();
        }
        for reason in reasons {
            if let Reason::Needed { by, .. } = reason
                && by != path
                && !from.contains_key(by)
            {
                from.insert(by, (at, reason));
                open.push_back(by);
            }
        }
    }
    longest
}

fn changed(change: &crate::plan::Change) -> String {
    let mut parts = Vec::new();
    if let Some(mode) = change.mode {
        parts.push(format!("mode {mode:04o}"));
    }
    if change.uid.is_some() || change.gid.is_some() {
        let number = |id: Option<u32>| id.map_or_else(|| "as it was".to_owned(), |id| id.to_string());
        parts.push(format!("owner {}:{}", number(change.uid), number(change.gid)));
    }
    if change.drop_capabilities {
        parts.push("no file capabilities".to_owned());
    }
    format!("it gets {}", parts.join(", "))
}

/// How much of a directory stays and went.
fn below(plan: &Plan, path: &RootPath, answer: &mut Answer) {
    fn count<T>(map: &BTreeMap<RootPath, T>, path: &RootPath) -> usize {
        // What stands below a path comes right after it.
        let after = (std::ops::Bound::Excluded(path), std::ops::Bound::Unbounded);
        map.range::<RootPath, _>(after).take_while(|(below, _)| below.starts_with(path)).count()
    }
    let (kept, removed) = (count(&plan.keep, path), count(&plan.remove, path));
    if kept + removed > 0 {
        answer.push(0, format!("below it {kept} paths stay and {removed} were removed"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Rule;

    fn path(text: &str) -> RootPath {
        RootPath::parse(text.as_bytes()).unwrap()
    }

    fn needed(by: &str) -> Reason {
        Reason::Needed { by: path(by), rule: Rule::ElfNeeded }
    }

    /// A plan that keeps these, each with its reasons.
    fn plan(keep: &[(&str, &[Reason])]) -> Plan {
        let mut plan: Plan = serde_json::from_value(serde_json::json!({
            "schema": "casehard.plan/1",
            "image": format!("sha256:{}", "0".repeat(64)),
            "image_config": format!("sha256:{}", "1".repeat(64)),
            "level": "package",
            "keep": {}, "remove": { "/usr/bin/apt": { "because": "unused-package", "package": "apt" } },
            "changes": {}, "additions": {}, "packages": [], "settings": [], "config": {},
            "runtime": { "uid": 1, "gid": 1, "read_only": true, "capabilities": {}, "writable": {}, "ports": [], "syscalls": [] },
            "notes": [],
        }))
        .unwrap();
        plan.keep = keep.iter().map(|(at, reasons)| (path(at), (*reasons).into())).collect();
        plan
    }

    fn lines(plan: &Plan, asked: &str) -> Vec<(usize, String)> {
        let answer = why(plan, &path(asked)).unwrap();
        answer.because.into_iter().map(|line| (line.depth, line.text)).collect()
    }

    #[test]
    fn a_chain_of_needs_is_followed_to_what_was_used() {
        let field = || Reason::Configuration { field: "config.Entrypoint".into() };
        let plan = plan(&[
            ("/app", &[field()]),
            ("/lib/a.so", &[needed("/lib/b.so"), needed("/app")]),
            ("/lib/b.so", &[needed("/lib/a.so")]),
        ]);
        let lines = lines(&plan, "/lib/b.so");
        assert_eq!(lines.len(), 3, "{lines:?}");
        assert!(lines[0].1.starts_with("/lib/a.so needs it") && lines[1].1.starts_with("/app needs it"));
        assert_eq!(lines[2], (2, "the image's config.Entrypoint names it".to_owned()));
    }

    #[test]
    fn a_circle_of_needs_ends() {
        let plan = plan(&[("/a", &[needed("/b")]), ("/b", &[needed("/a")])]);
        let lines = lines(&plan, "/a");
        assert!(lines.last().unwrap().1.contains("need each other"), "{lines:?}");
    }

    #[test]
    fn a_merged_usr_is_seen_through_and_strangers_are_not_known() {
        let plan = plan(&[("/usr/bin", &[Reason::Holds])]);
        let answer = why(&plan, &path("/bin/apt")).unwrap();
        assert_eq!((answer.subject.as_str(), answer.fate.as_str()), ("/usr/bin/apt", "was removed"));
        assert_eq!(why(&plan, &path("/opt/nothing")), None);
        assert!(
            lines(&plan, "/usr/bin")
                .iter()
                .any(|(_, line)| line == "below it 0 paths stay and 1 were removed")
        );
    }

    #[test]
    fn long_chains_are_cut() {
        let names: Vec<String> = (0..100).map(|at| format!("/lib/{at:03}")).collect();
        let mut plan = plan(&[]);
        for pair in names.windows(2) {
            plan.keep.insert(path(&pair[0]), [needed(&pair[1])].into());
        }
        plan.keep.insert(path(&names[99]), [Reason::Level].into());
        let lines = lines(&plan, "/lib/000");
        assert_eq!(lines.len(), CHAIN + 1);
        assert!(lines[CHAIN].1.contains("100 links"), "{:?}", lines[CHAIN]);
    }
}
