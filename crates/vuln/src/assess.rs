//! The whole answer: scan, set aside what VEX and rules silence, compare with an earlier scan, judge.

use crate::{
    Material, Request, Scan, Store, StoreError, Usages,
    finding::Origin,
    gate::{Comparison, Failure, Gate, IgnoreRule, compare, ignore, judge, leave_out, leave_out_unfixed},
    scan,
    vex::{Statement, apply},
};
use serde::{Deserialize, Serialize};

/// What is asked.
#[derive(Debug, Clone, Default)]
pub struct Assess<'a> {
    /// The day, `YYYY-MM-DD`.
    pub today: &'a str,
    /// VEX statements.
    pub statements: &'a [Statement],
    /// Rules that set findings aside.
    pub rules: &'a [IgnoreRule],
    /// What the base image, or the application, brought is left out.
    pub leave_out: Option<Origin>,
    /// An earlier scan: only what is new since then can fail.
    pub earlier: Option<&'a Scan>,
    /// What was seen in use; without it nothing is said of that.
    pub usages: Option<&'a Usages>,
    /// What fails.
    pub gate: Gate,
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Assessment {
    /// What was found.
    #[serde(flatten)]
    pub scan: Scan,
    /// What is new and gone since the earlier scan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Comparison>,
    /// What makes the answer no.
    pub failures: Vec<Failure>,
}

/// Answers.
///
/// # Errors
/// If the store is damaged.
pub fn assess(store: &Store, material: &Material, asked: &Assess) -> Result<Assessment, StoreError> {
    let request = Request {
        name: &material.name,
        today: asked.today,
        distribution: material.distribution.as_ref(),
        subjects: &material.subjects,
        unknowns: &material.unknowns,
    };
    let mut scan = scan(store, &request)?;
    if let Some(usages) = asked.usages {
        usages.mark(&mut scan);
    }
    apply(&mut scan, asked.statements, &material.image);
    ignore(&mut scan, asked.rules, asked.today);
    if let Some(origin) = asked.leave_out {
        leave_out(&mut scan, origin);
    }
    // Compared before what has no fix is left out: an earlier scan may have been asked for everything.
    let mut since = asked.earlier.map(|earlier| compare(earlier, &scan));
    if asked.gate.only_fixed {
        leave_out_unfixed(&mut scan);
        if let Some(since) = &mut since {
            since.new.retain(|finding| finding.fix.version.is_some());
        }
    }
    let mut failures = judge(&scan, &asked.gate);
    if let Some(since) = &since {
        failures.retain(|failure| failure.finding.is_none_or(|at| since.new.contains(&scan.findings[at])));
    }
    Ok(Assessment { scan, since, failures })
}
