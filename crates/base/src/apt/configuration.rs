//! The settings of a machine's APT that matter here (`apt.conf(5)`).

use std::collections::BTreeMap;

/// Settings by full lower-case name, `acquire::check-valid-until`.
#[derive(Debug, Clone, Default)]
pub(crate) struct Configuration(BTreeMap<String, String>);

impl Configuration {
    /// Takes the settings of a configuration file; later files win. Both forms are read, `A::B "x";` and
    /// `A { B "x"; };`. What is no setting is skipped, as nothing here is worth failing for.
    pub(crate) fn add(&mut self, text: &str) {
        let mut scope: Vec<String> = Vec::new();
        let mut words: Vec<String> = Vec::new();
        let mut rest = text;
        while let Some(token) = next_token(&mut rest) {
            match &*token {
                "{" => scope.push(std::mem::take(&mut words).into_iter().next().unwrap_or_default()),
                "}" => {
                    scope.pop();
                    words.clear();
                }
                ";" => {
                    if let [name, value] = &words[..] {
                        let name: Vec<&str> =
                            scope.iter().map(String::as_str).chain([name.as_str()]).collect();
                        self.0.insert(name.join("::").to_ascii_lowercase(), value.clone());
                    }
                    words.clear();
                }
                word => words.push(word.strip_prefix('"').unwrap_or(word).to_owned()),
            }
        }
    }

    /// The value of a setting, by its lower-case name.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// Whether a setting is there and says no.
    pub(crate) fn denies(&self, name: &str) -> bool {
        self.get(name).is_some_and(|value| matches!(value, "false" | "no" | "0" | "off"))
    }
}

/// A brace, a semicolon, a word, or a quoted word with its opening quote left on.
fn next_token(rest: &mut &str) -> Option<String> {
    loop {
        *rest = rest.trim_start();
        let skipped = if rest.starts_with("//") || rest.starts_with('#') {
            rest.find('\n')
        } else if rest.starts_with("/*") {
            rest.find("*/").map(|at| at + 2)
        } else {
            break;
        };
        *rest = skipped.map_or("", |at| &rest[at..]);
    }
    let first = rest.chars().next()?;
    let end = match first {
        '{' | '}' | ';' => 1,
        '"' => {
            let end = rest[1..].find('"').map_or(rest.len(), |at| at + 1);
            let token = rest[..end].to_owned();
            *rest = rest.get(end + 1..).unwrap_or("");
            return Some(token);
        }
        _ => rest.find(|c: char| c.is_whitespace() || "{};\"".contains(c)).unwrap_or(rest.len()),
    };
    let (token, tail) = rest.split_at(end);
    *rest = tail;
    Some(token.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms() {
        let mut configuration = Configuration::default();
        configuration.add(
            "// comment; \"x\"\nAcquire::Check-Valid-Until \"false\";\n/* y */ APT { NeverAutoRemove { \"^a\"; }; Get::Assume-Yes true; };\n\
             Acquire { http { Proxy \"http://p:1\"; }; };\n# end",
        );
        assert!(configuration.denies("acquire::check-valid-until"));
        assert_eq!(configuration.get("acquire::http::proxy"), Some("http://p:1"));
        assert_eq!(configuration.get("apt::get::assume-yes"), Some("true"));
        assert_eq!(configuration.get("none"), None);
        configuration.add("Acquire::Check-Valid-Until yes; \"unfinished");
        assert!(!configuration.denies("acquire::check-valid-until"));
    }
}
