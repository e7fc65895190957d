//! What each step of the dial costs: a level, a class of data kept or dropped.

use std::fmt::Write as _;

use casehard_image::Tree;

use crate::{
    Breadth, Ground, Level, Plan, Policy, plan as make,
    plan::{Added, Fate},
    policy,
};

/// What is left of an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Price {
    /// The bytes of its files, each counted once whatever its names.
    pub bytes: u64,
    /// Packages of which anything is left.
    pub packages: usize,
    /// Paths.
    pub paths: usize,
}

/// What each step of the dial costs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prices {
    /// The level that the plan at hand is for.
    pub level: Level,
    /// The image as it is.
    pub original: Price,
    /// Each level.
    pub levels: Vec<(Level, Price)>,
    /// Each class that the image has anything of, at the plan's level: with all of it kept, and with all of it dropped.
    pub classes: Vec<(&'static str, Price, Price)>,
    /// How many system calls each breadth of the seccomp profile allows.
    pub calls: Vec<(Breadth, usize)>,
}

/// What is left by a plan.
#[must_use]
pub fn price(tree: &Tree, plan: &Plan) -> Price {
    let kept = plan.keep.keys().filter_map(|path| tree.get(path));
    // Of several names of a file, the first one in the tree's order has its bytes.
    let bytes = |entry: casehard_image::Entry<'_>| {
        let is_first = entry
            .names()
            .find(|name| plan.keep.contains_key(&name.path()))
            .is_none_or(|name| name.id() == entry.id());
        if is_first { entry.size() } else { 0 }
    };
    let added = plan.additions.values().map(|addition| match &addition.what {
        Added::File { content } => content.len() as u64,
        _ => 0,
    });
    Price {
        bytes: kept.filter(|entry| entry.is_file()).map(bytes).sum::<u64>() + added.sum::<u64>(),
        packages: plan.packages.iter().filter(|package| package.fate != Fate::Removed).count(),
        paths: plan.keep.len() + plan.additions.len(),
    }
}

/// What each step of the dial costs for an image, from the same profile. Each is planned anew.
#[must_use]
pub fn prices(ground: Ground<'_>) -> Prices {
    let with = |policy: &Policy| price(ground.tree, &make(Ground { policy, ..ground }));
    let levels = Level::ALL.map(|level| (level, with(&Policy { level, ..ground.policy.clone() })));
    let classes = policy::present_classes(ground.tree, ground.tools).into_iter().map(|class| {
        let keep = Policy { keep: ground.policy.keep.with_class(class), ..ground.policy.clone() };
        let drop = Policy { drop: ground.policy.drop.with_class(class), ..ground.policy.clone() };
        (class, with(&keep), with(&drop))
    });
    let files = ground.tree.walk().filter(|entry| entry.is_file());
    let original = Price {
        bytes: files
            .filter(|entry| entry.names().next().is_none_or(|name| name.id() == entry.id()))
            .map(casehard_image::Entry::size)
            .sum(),
        packages: ground.inventory.packages.len(),
        paths: ground.tree.walk().count(),
    };
    let calls = make(ground).runtime.allowed();
    Prices {
        level: ground.policy.level,
        original,
        levels: levels.to_vec(),
        classes: classes.collect(),
        calls: calls.to_vec(),
    }
}

impl Prices {
    /// A table in plain text.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::from("what each level leaves\n");
        let line = |text: &mut String, name: &str, price: &Price, mark: &str| {
            let _ = writeln!(
                text,
                "  {name:<16} {:>9.2} MB  {:>4} packages  {:>6} paths{mark}",
                price.bytes as f64 / 1e6,
                price.packages,
                price.paths
            );
        };
        line(&mut text, "(the image)", &self.original, "");
        for (level, price) in &self.levels {
            let mark = if *level == self.level { "  ← this plan" } else { "" };
            line(&mut text, level.as_str(), price, mark);
        }
        let Some((_, now)) = self.levels.iter().find(|(level, _)| *level == self.level) else { return text };
        let _ = writeln!(text, "what keep: and drop: of a class change at level {}", self.level);
        for (class, keep, drop) in &self.classes {
            let _ = writeln!(text, "  {class:<16} keep {}   drop {}", change(now, keep), change(now, drop));
        }
        text.push_str("what the seccomp profile allows\n");
        for (breadth, calls) in &self.calls {
            let _ = writeln!(text, "  {:<16} {calls:>4} system calls", breadth.as_str());
        }
        text
    }
}

fn change(now: &Price, then: &Price) -> String {
    let bytes = (then.bytes as f64 - now.bytes as f64) / 1e6;
    let packages = i64::try_from(then.packages).unwrap_or(0) - i64::try_from(now.packages).unwrap_or(0);
    format!("{bytes:>+9.2} MB {packages:>+4} packages")
}
