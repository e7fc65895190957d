//! Ignore rules as other scanners write them.

use serde_json::Value;

use super::IgnoreRule;

/// What stands for a reason where none is written.
const NO_REASON: &str = "no reason is given";

/// Trivy's `.trivyignore`: an id on each line, possibly with `exp:YYYY-MM-DD`; a comment above or behind it is the reason.
/// `None` when the text is something else.
pub(super) fn lines(text: &str) -> Option<Vec<IgnoreRule>> {
    let mut rules = Vec::new();
    let mut comment: Option<&str> = None;
    for line in text.lines() {
        let (line, behind) =
            line.split_once('#').map_or((line, None), |(line, behind)| (line, Some(behind.trim())));
        let mut words = line.split_whitespace();
        let Some(id) = words.next() else {
            comment = behind.filter(|text| !text.is_empty());
            continue;
        };
        if !is_id(id) {
            return None;
        }
        let mut rule = IgnoreRule {
            id: id.to_owned(),
            package: None,
            until_fixed: false,
            reason: behind.or(comment.take()).unwrap_or(NO_REASON).to_owned(),
            expires: None,
        };
        for word in words {
            rule.expires = Some(word.strip_prefix("exp:")?.to_owned());
        }
        rules.push(rule);
    }
    (!rules.is_empty()).then_some(rules)
}

/// `CVE-2024-1`, `GHSA-…`, `DSA-…`: letters, a hyphen and more.
fn is_id(word: &str) -> bool {
    let Some((start, rest)) = word.split_once('-') else { return false };
    !start.is_empty()
        && start.bytes().all(|byte| byte.is_ascii_alphabetic())
        && rest.starts_with(|c: char| c.is_ascii_alphanumeric())
        && rest.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b':' | b'_' | b'.'))
        && !rest.ends_with(':')
}

/// Rules, or the number (from 1) of the one that cannot be kept to.
type Read = Result<Vec<IgnoreRule>, usize>;

fn text(value: &Value, key: &str) -> Option<String> {
    value.get(key)?.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
}

/// Trivy's YAML: `vulnerabilities`, each with `id`, `purls`, `statement`, `expired_at`.
pub(super) fn trivy(document: &Value) -> Option<Read> {
    let all = document.get("vulnerabilities")?.as_array()?;
    let mut rules = Vec::new();
    for (at, item) in all.iter().enumerate() {
        // Paths narrow by where a file stands, which is not kept here: a rule for one file must not hold for all.
        let (Some(id), None) = (text(item, "id"), item.get("paths")) else { return Some(Err(at + 1)) };
        let rule = IgnoreRule {
            id,
            package: None,
            until_fixed: false,
            reason: text(item, "statement").unwrap_or_else(|| NO_REASON.to_owned()),
            expires: text(item, "expired_at").map(|day| day.chars().take(10).collect()),
        };
        match item.get("purls").and_then(Value::as_array) {
            None => rules.push(rule),
            Some(purls) => rules.extend(
                purls
                    .iter()
                    .filter_map(Value::as_str)
                    .map(|purl| IgnoreRule { package: Some(purl.to_owned()), ..rule.clone() }),
            ),
        }
    }
    Some(Ok(rules))
}

/// Grype's `ignore`: each with `vulnerability`, `reason`, `package.name`, `fix-state`. `None` when it is our own.
pub(super) fn grype(document: &Value) -> Option<Read> {
    let all = document.get("ignore")?.as_array()?;
    if !all.iter().any(|item| item.get("vulnerability").is_some()) {
        return None;
    }
    let mut rules = Vec::new();
    for (at, item) in all.iter().enumerate() {
        let package = item.get("package").and_then(Value::as_object);
        let narrow = package.is_some_and(|package| package.keys().any(|key| key != "name"));
        let state = text(item, "fix-state");
        let known = item.as_object().is_some_and(|item| {
            item.keys()
                .all(|key| matches!(key.as_str(), "vulnerability" | "reason" | "package" | "fix-state"))
        });
        let state_known = matches!(state.as_deref(), None | Some("not-fixed" | "wont-fix" | "unknown"));
        let Some(id) = text(item, "vulnerability").filter(|_| known && !narrow && state_known) else {
            return Some(Err(at + 1));
        };
        rules.push(IgnoreRule {
            id,
            package: package.and_then(|package| Some(package.get("name")?.as_str()?.to_owned())),
            until_fixed: state.is_some(),
            reason: text(item, "reason").unwrap_or_else(|| NO_REASON.to_owned()),
            expires: None,
        });
    }
    Some(Ok(rules))
}

#[cfg(test)]
mod tests {
    use crate::gate::{RulesError, read_rules};

    #[test]
    fn rules_of_other_scanners_are_read() {
        let lines = "# accepted by the team\nCVE-2024-1\n\nGHSA-aaaa-bbbb-cccc exp:2027-01-31 # until the next release\nCVE-2024-2\n";
        let rules = read_rules(".trivyignore", lines).unwrap();
        let shown: Vec<_> = rules
            .iter()
            .map(|rule| (rule.id.as_str(), rule.reason.as_str(), rule.expires.as_deref()))
            .collect();
        assert_eq!(
            shown,
            [
                ("CVE-2024-1", "accepted by the team", None),
                ("GHSA-aaaa-bbbb-cccc", "until the next release", Some("2027-01-31")),
                ("CVE-2024-2", "no reason is given", None)
            ]
        );
        let trivy = "vulnerabilities:\n  - id: CVE-2024-1\n    statement: x\n    expired_at: 2027-01-31\n    purls: [pkg:npm/a, pkg:npm/b]\n";
        let rules = read_rules("trivyignore.yaml", trivy).unwrap();
        assert_eq!(rules.len(), 2);
        assert_eq!(
            (rules[1].package.as_deref(), rules[1].expires.as_deref()),
            (Some("pkg:npm/b"), Some("2027-01-31"))
        );
        let grype = "ignore:\n  - vulnerability: CVE-2024-1\n    package:\n      name: libc6\n    fix-state: wont-fix\n";
        let rules = read_rules(".grype.yaml", grype).unwrap();
        assert_eq!((rules[0].package.as_deref(), rules[0].until_fixed), (Some("libc6"), true));
    }

    #[test]
    fn what_would_ignore_too_much_is_refused() {
        for text in [
            "vulnerabilities:\n  - id: CVE-2024-1\n    paths: [usr/lib/x]\n",
            "ignore:\n  - vulnerability: CVE-2024-1\n    package:\n      type: python\n",
            "ignore:\n  - vulnerability: CVE-2024-1\n    fix-state: fixed\n",
        ] {
            assert!(matches!(read_rules("x", text), Err(RulesError::Foreign { number: 1, .. })), "{text}");
        }
        assert!(read_rules("x", "ignore:\n  - id: CVE-2024-1\n").is_err(), "our own form wants a reason");
        assert!(read_rules("x", "hello world\n").is_err());
    }
}
