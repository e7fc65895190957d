//! `compose-no-init`: a shell is the first process of a service, and nothing reaps its children.

use crate::deployment::*;

rule! {
    "compose-no-init", Compose, Low, false,
    "a shell is the first process of a service, and nothing reaps its children",
    ["casehard:compose-init"]
}

fn check(input: &ComposeInput<'_>, report: &mut Report<'_>) {
    for service in input.services() {
        let is_on = service.get("init").and_then(Node::text) == Some("true");
        let Some(command) = service.get("entrypoint").or_else(|| service.get("command")).filter(|_| !is_on) else { continue };
        let words: Vec<&str> = match command.text() {
            Some(text) => text.split_whitespace().collect(),
            None => command.items().iter().filter_map(Node::text).collect(),
        };
        let is_shell = words.first().is_some_and(|first| crate::shells::is_posix_shell(first));
        let script = words.iter().skip_while(|word| **word != "-c").nth(1);
        if is_shell && script.is_some_and(|script| !script.contains("exec ")) {
            report.at(command.range.clone(), format!("the first process of service {} is a shell, which passes no signal on", service.name));
        }
    }
}
