//! Comments that allow findings: our own form, and those of the tools people come from.

use std::ops::Range;

use casehard_finding::{Finding, Location};

use crate::{
    Checked,
    check::rules,
    report::Report,
    settings::{Settings, answers},
};

/// A comment that allows findings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Allowance {
    /// Rule names or codes; `all` for every rule.
    pub(crate) codes: Vec<String>,
    /// The bytes in which findings are allowed; `None` for the whole file.
    pub(crate) scope: Option<Range<usize>>,
    /// Where the comment stands.
    pub(crate) comment: Range<usize>,
    /// Why, in our own form.
    pub(crate) reason: Option<String>,
    /// The last day it holds.
    pub(crate) until: Option<String>,
    /// Whether it is our own form.
    pub(crate) own: bool,
}

/// What a comment is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reach {
    /// The whole file.
    File,
    /// What it stands above or beside.
    Place,
}

/// Reads a comment (its text without blanks before `#`); `None` when it allows nothing.
pub(crate) fn allowance(comment: &str) -> Option<(Allowance, Reach)> {
    let text = comment.trim_start_matches('#').trim();
    let simple = |codes: &str, reach| {
        let codes: Vec<String> =
            codes.split([',', ' ']).filter(|c| !c.is_empty()).map(str::to_owned).collect();
        let allowance =
            Allowance { codes, scope: None, comment: 0..0, reason: None, until: None, own: false };
        (!allowance.codes.is_empty()).then_some((allowance, reach))
    };
    if let Some(rest) = text.strip_prefix("hadolint").or_else(|| text.strip_prefix("tally")) {
        // tally puts a reason behind the codes: `;reason=…`.
        let rest = rest.split(';').next().unwrap_or_default().trim_start();
        let (rest, reach) =
            rest.strip_prefix("global").map_or((rest, Reach::Place), |r| (r.trim_start(), Reach::File));
        return simple(rest.strip_prefix("ignore")?.trim_start().strip_prefix('=')?, reach);
    }
    if let Some(rest) = text.strip_prefix("shellcheck ") {
        let codes = rest.split_whitespace().find_map(|word| word.strip_prefix("disable="))?;
        return simple(codes, Reach::Place);
    }
    if let Some(rest) = text.strip_prefix("checkov:skip=").or_else(|| text.strip_prefix("bridgecrew:skip=")) {
        return simple(rest.split([':', ' ']).next()?, Reach::File);
    }
    if let Some(rest) = text.strip_prefix("trivy:ignore:").or_else(|| text.strip_prefix("tfsec:ignore:")) {
        return simple(rest.split_whitespace().next()?, Reach::Place);
    }
    if let Some(rest) = text.strip_prefix("kics-scan") {
        let codes = rest.trim_start().strip_prefix("disable=")?;
        return simple(codes, Reach::File);
    }
    let rest = text.strip_prefix("casehard:")?.trim_start();
    let (rest, reach) = match rest.strip_prefix("allow-file") {
        Some(rest) => (rest, Reach::File),
        None => (rest.strip_prefix("allow")?, Reach::Place),
    };
    let rest = rest.trim_start();
    let (codes, reason) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    let (mut allowance, reach) = simple(codes, reach)?;
    let (reason, until) = split_until(reason.trim());
    allowance.reason = (!reason.is_empty()).then(|| reason.to_owned());
    allowance.until = until.map(str::to_owned);
    allowance.own = true;
    Some((allowance, reach))
}

/// The codes of `# check=skip=…` (BuildKit, *Build checks*).
pub(crate) fn check_directive(value: &str) -> Vec<String> {
    let skip = value.split(';').find_map(|part| part.trim().strip_prefix("skip="));
    skip.map_or_else(Vec::new, |codes| codes.split(',').map(|code| code.trim().to_owned()).collect())
}

fn split_until(reason: &str) -> (&str, Option<&str>) {
    let Some((before, date)) = reason.rsplit_once("until ") else { return (reason, None) };
    let is_date = date.len() == 10
        && date
            .bytes()
            .enumerate()
            .all(|(at, byte)| if at == 4 || at == 7 { byte == b'-' } else { byte.is_ascii_digit() });
    if is_date { (before.trim_end_matches(['(', ' ', ',']), Some(date)) } else { (reason, None) }
}

/// What comments left over.
pub(crate) struct Left {
    /// Findings that nobody allows.
    pub(crate) findings: Vec<Finding>,
    /// How many were allowed.
    pub(crate) allowed: usize,
    /// Allowances that allowed nothing although their rules ran, with the code.
    pub(crate) unused: Vec<(Range<usize>, String)>,
    /// Allowances that have ended, with the day.
    pub(crate) ended: Vec<(Range<usize>, String)>,
}

/// Takes out what comments allow.
pub(crate) fn apply(findings: Vec<Finding>, allowances: &[Allowance], settings: &Settings) -> Left {
    let mut left = Left { findings: Vec::new(), allowed: 0, unused: Vec::new(), ended: Vec::new() };
    let ended = |allowance: &Allowance| match (&allowance.until, &settings.today) {
        (Some(until), Some(today)) => until < today,
        _ => false,
    };
    let mut used: Vec<Vec<bool>> = allowances.iter().map(|a| vec![false; a.codes.len()]).collect();
    for finding in findings {
        let Some(rule) = rules().find(|rule| rule.name == finding.rule) else {
            left.findings.push(finding);
            continue;
        };
        if settings.is_locked(rule) {
            left.findings.push(finding);
            continue;
        }
        let mut is_allowed = false;
        for (allowance, used) in
            allowances.iter().zip(&mut used).filter(|(a, _)| !ended(a) && covers(a, &finding))
        {
            for (code, used) in allowance.codes.iter().zip(used) {
                if code == "all" || answers(rule, code) {
                    *used = true;
                    is_allowed = true;
                }
            }
        }
        if is_allowed {
            left.allowed += 1;
        } else {
            left.findings.push(finding);
        }
    }
    for (allowance, used) in allowances.iter().zip(&used) {
        if ended(allowance) {
            left.ended.push((allowance.comment.clone(), allowance.until.clone().unwrap_or_default()));
            continue;
        }
        for (code, _) in allowance.codes.iter().zip(used).filter(|(code, used)| !**used && *code != "all") {
            let mut known = rules().filter(|rule| answers(rule, code)).peekable();
            // Of other tools, only codes that we check can be judged; of our own form, an unknown name is a mistake.
            let judged =
                if known.peek().is_none() { allowance.own } else { known.all(|rule| settings.runs(rule)) };
            if judged {
                left.unused.push((allowance.comment.clone(), code.clone()));
            }
        }
    }
    left
}

/// Takes out what comments allow, reports about the comments themselves, and sorts by place.
pub(crate) fn finish(
    findings: Vec<Finding>,
    allowances: &[Allowance],
    settings: &Settings,
    file: &str,
    position: &dyn Fn(usize) -> (u32, u32),
) -> Checked {
    let mut left = apply(findings, allowances, settings);
    let remarks = (left
        .unused
        .drain(..)
        .map(|(range, code)| ("allow-unused", range, format!("nothing here needs the allowance of {code}"))))
    .chain(
        left.ended
            .drain(..)
            .map(|(range, day)| ("allow-ended", range, format!("this allowance ended on {day}"))),
    )
    .chain((allowances.iter().filter(|allowance| allowance.own && allowance.reason.is_none())).map(
        |allowance| {
            ("allow-without-reason", allowance.comment.clone(), "this allowance gives no reason".to_owned())
        },
    ));
    for (name, range, message) in remarks {
        let Some(rule) = rules().find(|rule| rule.name == name && settings.runs(rule)) else { continue };
        let severity = settings.severity(rule);
        let mut report = Report { rule, severity, file, position, findings: &mut left.findings };
        report.at(range, message);
    }
    left.findings.sort_by(|a, b| (&a.location, &a.rule, &a.message).cmp(&(&b.location, &b.rule, &b.message)));
    left.findings.dedup();
    Checked { findings: left.findings, allowed: left.allowed }
}

fn covers(allowance: &Allowance, finding: &Finding) -> bool {
    match (&allowance.scope, &finding.location) {
        (None, _) => true,
        (Some(scope), Location::File { span, .. }) => scope.contains(&span.start),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_of_all_tools_are_read() {
        let cases: &[(&str, &[&str], Reach)] = &[
            ("# hadolint ignore=DL3006,DL3008", &["DL3006", "DL3008"], Reach::Place),
            ("#hadolint global ignore=DL3006", &["DL3006"], Reach::File),
            (
                "# tally ignore=hadolint/DL3006,gpu/prefer-runtime-final-stage;reason=it compiles",
                &["hadolint/DL3006", "gpu/prefer-runtime-final-stage"],
                Reach::Place,
            ),
            ("# tally global ignore=max-lines", &["max-lines"], Reach::File),
            ("# checkov:skip=CKV_DOCKER_3:no need", &["CKV_DOCKER_3"], Reach::File),
            ("# shellcheck disable=SC2086,SC2046", &["SC2086", "SC2046"], Reach::Place),
            ("#trivy:ignore:DS-0002", &["DS-0002"], Reach::Place),
            (
                "# casehard: allow user-root,user-missing it drops it itself",
                &["user-root", "user-missing"],
                Reach::Place,
            ),
            ("# casehard: allow-file base-untagged ok", &["base-untagged"], Reach::File),
        ];
        for (text, codes, reach) in cases {
            let (allowance, found) = allowance(text).unwrap();
            assert_eq!(
                (allowance.codes.iter().map(String::as_str).collect::<Vec<_>>(), found),
                (codes.to_vec(), *reach)
            );
        }
        for text in ["# hadolint", "# casehard: allow", "# allow x", "# checkov:skip="] {
            assert_eq!(allowance(text), None, "{text}");
        }
        let (own, _) = allowance("# casehard: allow x because (until 2027-01-31").unwrap();
        assert_eq!((own.reason.as_deref(), own.until.as_deref()), (Some("because"), Some("2027-01-31")));
        assert_eq!(check_directive("skip=A,B;error=true"), ["A", "B"]);
    }
}
