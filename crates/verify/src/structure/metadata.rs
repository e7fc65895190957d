//! Whether the configuration says what it should.

use casehard_oci::{Container, escape};
use casehard_profile::workload::structure::{MetadataTest, Setting};

/// Each part that is tested, and what is wrong with it.
pub(super) fn metadata(config: &Container, test: &MetadataTest) -> Vec<(String, Vec<String>)> {
    let mut parts = Vec::new();
    let mut part = |name: String, wrong: Option<String>| parts.push((name, wrong.into_iter().collect()));
    for wanted in &test.environment {
        part(format!("variable {}", wanted.key), setting(wanted, config.env(&wanted.key)));
    }
    for key in &test.unbound {
        let wrong = config.env(key).map(|value| format!("it is `{}`, and must not be set", shown(value)));
        part(format!("variable {key}"), wrong);
    }
    for wanted in &test.labels {
        part(
            format!("label {}", wanted.key),
            setting(wanted, config.labels.get(&wanted.key).map(String::as_str)),
        );
    }
    let exposed = |port: &String| config.exposed_ports.keys().any(|key| same_port(key, port));
    for port in &test.exposed {
        part(format!("port {port}"), (!exposed(port)).then(|| "it is not exposed".to_owned()));
    }
    for port in &test.unexposed {
        part(format!("port {port}"), exposed(port).then(|| "it is exposed, and must not be".to_owned()));
    }
    let is_volume = |path: &String| config.volumes.contains_key(path);
    for path in &test.volumes {
        part(format!("volume {path}"), (!is_volume(path)).then(|| "it is no volume".to_owned()));
    }
    for path in &test.unmounted {
        part(format!("volume {path}"), is_volume(path).then(|| "it is a volume, and must not be".to_owned()));
    }
    for (name, found, wanted) in
        [("entrypoint", &config.entrypoint, &test.entrypoint), ("command", &config.cmd, &test.cmd)]
    {
        if let Some(wanted) = wanted {
            let found = found.clone().unwrap_or_default();
            let wrong =
                (found != *wanted).then(|| format!("it is {}, expected {}", list(&found), list(wanted)));
            part(name.to_owned(), wrong);
        }
    }
    for (name, found, wanted) in
        [("working directory", &config.working_dir, &test.workdir), ("user", &config.user, &test.user)]
    {
        if let Some(wanted) = wanted {
            let wrong =
                (found != wanted).then(|| format!("it is `{}`, expected `{}`", shown(found), shown(wanted)));
            part(name.to_owned(), wrong);
        }
    }
    parts
}

fn setting(wanted: &Setting, found: Option<&str>) -> Option<String> {
    let Some(found) = found else { return Some("it is not set".to_owned()) };
    let holds = wanted.pattern.as_ref().map_or(wanted.value == found, |pattern| pattern.is_match(found));
    (!holds).then(|| {
        let how = if wanted.pattern.is_some() { "expected what matches" } else { "expected" };
        format!("it is `{}`, {how} `{}`", shown(found), shown(&wanted.value))
    })
}

/// `8080` means `8080/tcp`.
fn same_port(one: &str, two: &str) -> bool {
    let plain = |port: &'_ str| port.strip_suffix("/tcp").map_or_else(|| port.to_owned(), str::to_owned);
    plain(one) == plain(two)
}

fn list(words: &[String]) -> String {
    let words: Vec<_> = words.iter().map(|word| format!("`{}`", shown(word))).collect();
    format!("[{}]", words.join(", "))
}

fn shown(text: &str) -> std::borrow::Cow<'_, str> {
    escape(text.as_bytes())
}
