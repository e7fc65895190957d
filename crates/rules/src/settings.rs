//! What a person wants checked.

use std::{collections::BTreeMap, sync::Arc};

use casehard_finding::{Rule, Severity};

use crate::{Evidence, LabelKind};

/// What a person wants checked.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// Rules that do not run: names, or codes of other tools.
    pub ignore: Vec<String>,
    /// Rules that run although they are off by default; `all` for every one.
    pub enable: Vec<String>,
    /// Rules that nothing of the above and no comment may switch off.
    pub locked: Vec<String>,
    /// When not empty, only these run.
    pub only: Vec<String>,
    /// Severities that differ from the rule's own, by rule name or by another tool's code.
    pub severities: BTreeMap<String, Severity>,
    /// Registries that images may come from; empty for any.
    pub trusted_registries: Vec<String>,
    /// Labels that images have, and what each holds.
    pub labels: BTreeMap<String, LabelKind>,
    /// Whether they have no others.
    pub strict_labels: bool,
    /// Today as `YYYY-MM-DD`, for allowances that end; they never end when it is not known.
    pub today: Option<String>,
    /// Whether comments in the files may allow findings.
    pub honour_comments: bool,
    /// What is known beside the file.
    pub evidence: Arc<Evidence>,
}

impl Settings {
    /// Everything that is on by default, comments honoured.
    #[must_use]
    pub fn new() -> Self {
        Self { honour_comments: true, ..Self::default() }
    }

    /// Whether a rule runs.
    #[must_use]
    pub fn runs(&self, rule: &Rule) -> bool {
        let named = |codes: &[String]| codes.iter().any(|code| code == "all" || answers(rule, code));
        if !self.only.is_empty() {
            return named(&self.only) && !named(&self.ignore);
        }
        self.is_locked(rule) || ((rule.default_on || named(&self.enable)) && !named(&self.ignore))
    }

    /// Whether nobody may switch a rule off.
    #[must_use]
    pub fn is_locked(&self, rule: &Rule) -> bool {
        self.locked.iter().any(|code| answers(rule, code))
    }

    /// How bad a finding of a rule is.
    #[must_use]
    pub fn severity(&self, rule: &Rule) -> Severity {
        // The rule's own name before what it also answers to: the codes of other tools.
        let by_name = self.severities.get(rule.name);
        let by_code =
            || self.severities.iter().find(|(code, _)| answers(rule, code)).map(|(_, severity)| severity);
        by_name.or_else(by_code).copied().unwrap_or(rule.severity)
    }
}

/// Whether a rule answers to a code, as people write it in any of the tools; the name of a tool or standard alone
/// (`cis`, `pss-restricted`) stands for all of its rules.
pub(crate) fn answers(rule: &Rule, code: &str) -> bool {
    let code = code.strip_prefix("AVD-").unwrap_or(code);
    rule.answers_to(code)
        || rule.also.iter().any(|also| also.split_once(':').is_some_and(|(tool, _)| tool == code))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules;

    fn rule(name: &str) -> &'static Rule {
        rules().find(|rule| rule.name == name).unwrap()
    }

    #[test]
    fn an_old_name_stands_for_what_came_of_it() {
        let managers = [
            "pip-unpinned",
            "npm-unpinned",
            "gem-unpinned",
            "go-unpinned",
            "cargo-unpinned",
            "composer-unpinned",
        ];
        let old = || vec!["pip-unpinned".to_owned()];
        for name in managers {
            let rule = rule(name);
            assert!(
                !Settings { ignore: old(), enable: vec!["all".to_owned()], ..Settings::new() }.runs(rule),
                "{name}"
            );
            assert!(Settings { only: old(), ..Settings::new() }.runs(rule), "{name}");
            let severities =
                [("pip-unpinned".to_owned(), Severity::High), ("go-unpinned".to_owned(), Severity::Low)];
            let settings = Settings { severities: severities.into(), ..Settings::new() };
            let wanted = if name == "go-unpinned" { Severity::Low } else { Severity::High };
            assert_eq!(settings.severity(rule), wanted, "{name}");
        }
        assert!(
            Settings { only: vec!["npm-unpinned".to_owned()], ..Settings::new() }.runs(rule("npm-unpinned"))
        );
        assert!(
            !Settings { only: vec!["npm-unpinned".to_owned()], ..Settings::new() }.runs(rule("pip-unpinned"))
        );
        let first = crate::rules_for("pip-unpinned").next().unwrap();
        assert_eq!((first.name, crate::rules_for("pip-unpinned").count()), ("pip-unpinned", managers.len()));
    }

    #[test]
    fn a_severity_may_be_given_by_the_code_of_another_tool() {
        let settings =
            Settings { severities: [("DL3002".to_owned(), Severity::Info)].into(), ..Settings::new() };
        assert_eq!(settings.severity(rule("root-user")), Severity::Info);
        assert_eq!(settings.severity(rule("sudo-used")), rule("sudo-used").severity);
    }
}
