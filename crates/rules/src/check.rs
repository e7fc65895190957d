//! The registry.

use casehard_finding::Rule;

use crate::{audit, build, compose, deployment, dockerfile, dockerignore, image, kubernetes, report::Report};

/// A rule and how it is checked.
pub(crate) struct Check {
    pub(crate) rule: Rule,
    pub(crate) run: Run,
}

/// How a rule is checked.
pub(crate) enum Run {
    Dockerfile(fn(&build::Input<'_>, &mut Report<'_>)),
    Dockerignore(fn(&build::IgnoreInput<'_>, &mut Report<'_>)),
    Compose(fn(&deployment::ComposeInput<'_>, &mut Report<'_>)),
    Kubernetes(fn(&deployment::KubernetesInput<'_>, &mut Report<'_>)),
    Image(fn(&audit::Input<'_>, &mut Report<'_>)),
}

/// Declares the rule of a file: its metadata, with `check` as its check and its page from `docs/`.
macro_rules! rule {
    ($name:literal, $subject:ident, $severity:ident, $on:literal, $summary:literal, [$($also:literal),* $(,)?]) => {
        pub(crate) static CHECK: $crate::check::Check = $crate::check::Check {
            rule: casehard_finding::Rule {
                name: $name,
                subject: casehard_finding::Subject::$subject,
                severity: casehard_finding::Severity::$severity,
                summary: $summary,
                also: &[$($also),*],
                default_on: $on,
                page: include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/", $name, ".md")),
            },
            run: $crate::check::Run::$subject(check),
        };
    };
}
pub(crate) use rule;

/// Declares the rules of a folder: their modules, and the slice of their checks.
macro_rules! folder {
    ($($module:ident),* $(,)?) => {
        $(mod $module;)*
        pub(crate) static CHECKS: &[&$crate::check::Check] = &[$(&$module::CHECK),*];
    };
}
pub(crate) use folder;

/// Every check, by subject and then by name.
pub(crate) fn checks() -> impl Iterator<Item = &'static Check> {
    [dockerfile::CHECKS, dockerignore::CHECKS, compose::CHECKS, kubernetes::CHECKS, image::CHECKS]
        .into_iter()
        .flatten()
        .copied()
}

/// Every rule, by subject and then by name.
pub fn rules() -> impl Iterator<Item = &'static Rule> {
    checks().map(|check| &check.rule)
}

/// The rules that answer to a name or to another tool's code.
pub fn rules_for(code: &str) -> impl Iterator<Item = &'static Rule> {
    let code = code.strip_prefix("AVD-").unwrap_or(code).to_owned();
    // What a rule is called comes before what others once answered to.
    let (named, others) = (code.clone(), code);
    let named = rules().filter(move |rule| rule.name == named);
    named.chain(rules().filter(move |rule| rule.name != others && rule.answers_to(&others)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_pod_security_standards_are_whole() {
        // The controls of the standards as Kubernetes lists them.
        const CONTROLS: [&str; 18] = [
            "pss-baseline:hostprocess",
            "pss-baseline:host-namespaces",
            "pss-baseline:privileged-containers",
            "pss-baseline:capabilities",
            "pss-baseline:hostpath-volumes",
            "pss-baseline:host-ports",
            "pss-baseline:host-probes-lifecycle-hooks",
            "pss-baseline:apparmor",
            "pss-baseline:selinux",
            "pss-baseline:proc-mount-type",
            "pss-baseline:seccomp",
            "pss-baseline:sysctls",
            "pss-restricted:volume-types",
            "pss-restricted:privilege-escalation",
            "pss-restricted:running-as-non-root",
            "pss-restricted:running-as-non-root-user",
            "pss-restricted:seccomp",
            "pss-restricted:capabilities",
        ];
        for control in CONTROLS {
            assert!(rules().any(|rule| rule.default_on && rule.also.contains(&control)), "{control}");
        }
    }

    #[test]
    fn names_read_well_and_codes_are_of_a_tool() {
        for rule in rules() {
            let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
            assert!(rule.name.chars().all(plain) && !rule.summary.ends_with('.'), "{}", rule.name);
            assert!(rule.also.iter().all(|code| code.contains(':')), "{}: {:?}", rule.name, rule.also);
        }
        assert!(rules_for("AVD-DS-0002").any(|rule| rule.name == "root-user"));
    }
}
