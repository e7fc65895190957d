//! From a tree without mistakes to the types.

use std::{collections::BTreeMap, time::Duration};

use super::{
    Action, Channel, Check, Condition, Expect, Mask, Mistake, Options, Pattern, Ready, Role, Selection,
    Service, Start, Step, Stop, Workload, format_duration, parse_duration, split_words,
    validate::{mistake, validate},
    yaml::{self, Node, Value},
};

const STEP_TIME: Duration = Duration::from_secs(30);
const READY_TIME: Duration = Duration::from_secs(30);
const ROLE_TIME: Duration = Duration::from_secs(300);

/// Reads a workload file. `file` names it in mistakes, as the user named it.
///
/// An empty file is a workload that says nothing: the image is started as it is, and stopped.
///
/// # Errors
/// Every mistake, in the order of the file (at most 100); of a file that is not YAML at all, the first.
pub fn parse(text: &str, file: &str) -> Result<Workload, Vec<Mistake>> {
    let root = match yaml::read(text) {
        Ok(Some(root)) => root,
        Ok(None) => return Ok(Workload::default()),
        Err(flaw) => return Err(vec![mistake(file, flaw.place, flaw.what)]),
    };
    let mistakes = validate(&root, file);
    if mistakes.is_empty() { Ok(workload(&root)) } else { Err(mistakes) }
}

fn workload(root: &Node) -> Workload {
    let list = |key| root.get(key).map_or(&[][..], Node::items);
    let part = |key| root.get(key).map(selection).unwrap_or_default();
    Workload {
        image: text(root, "image"),
        recipe: text(root, "recipe"),
        start: root.get("start").map(start).unwrap_or_default(),
        ready: root.get("ready").map(ready),
        steps: list("steps").iter().filter_map(step).collect(),
        stop: root.get("stop").map(stop).unwrap_or_default(),
        roles: free(root, "roles", role),
        services: free(root, "services", service),
        mask: list("mask").iter().filter_map(mask).collect(),
        keep: part("keep"),
        drop: part("drop"),
        harden: root
            .get("harden")
            .map(|node| Options {
                level: text(node, "level"),
                user: text(node, "user"),
                seccomp: text(node, "seccomp"),
            })
            .unwrap_or_default(),
        owner: text(root, "owner"),
    }
}

fn text(node: &Node, key: &str) -> Option<String> {
    node.get(key).and_then(Node::text).map(str::to_owned)
}

fn texts(node: &Node, key: &str) -> Vec<String> {
    node.get(key).map_or(&[][..], Node::items).iter().filter_map(Node::text).map(str::to_owned).collect()
}

fn free<T>(node: &Node, key: &str, read: impl Fn(&Node) -> T) -> BTreeMap<String, T> {
    let entries = node.get(key).map_or(&[][..], Node::entries);
    entries.iter().map(|(name, value)| (name.text.to_string(), read(value))).collect()
}

/// One value, or the items of a list.
fn some<'a>(node: &'a Node, key: &str) -> &'a [Node] {
    match node.get(key) {
        None => &[],
        Some(Node { value: Value::List(items), .. }) => items,
        Some(one) => std::slice::from_ref(one),
    }
}

fn plain(node: &Node) -> String {
    node.text().unwrap_or_default().to_owned()
}

fn duration(node: &Node, key: &str, default: Duration) -> Duration {
    node.get(key).and_then(Node::text).and_then(|text| parse_duration(text).ok()).unwrap_or(default)
}

fn pattern(node: &Node) -> Option<Pattern> {
    Pattern::new(node.text()?).ok()
}

fn command(node: &Node) -> Vec<String> {
    match &node.value {
        Value::List(items) => items.iter().map(plain).collect(),
        _ => node.text().and_then(|text| split_words(text).ok()).unwrap_or_default(),
    }
}

fn start(node: &Node) -> Start {
    Start {
        command: node.get("command").map(command),
        env: free(node, "env", plain),
        user: text(node, "user"),
        workdir: text(node, "workdir"),
    }
}

fn ready(node: &Node) -> Ready {
    let scalar = |key: &str| node.get(key).and_then(Node::text);
    let conditions = [
        scalar("tcp").and_then(|text| text.parse().ok()).map(Condition::Tcp),
        node.get("log").and_then(pattern).map(Condition::Log),
        scalar("http").and_then(|text| text.parse().ok()).map(Condition::Http),
        node.get("exec").map(|node| Condition::Exec(command(node))),
    ];
    Ready { when: conditions.into_iter().flatten().collect(), within: duration(node, "within", READY_TIME) }
}

fn step(node: &Node) -> Option<Step> {
    let action = action(node)?;
    Some(Step {
        expect: node.get("expect").map(|node| expect(node, &action)).unwrap_or_default(),
        verify_only: node.get("verify").is_some(),
        within: duration(node, "within", STEP_TIME),
        name: text(node, "name").unwrap_or_else(|| name(&action)),
        line: node.place.line,
        action,
    })
}

fn action(node: &Node) -> Option<Action> {
    Some(if let Some(url) = node.get("http") {
        Action::Http {
            url: url.text()?.parse().ok()?,
            method: text(node, "method").unwrap_or_else(|| "GET".to_owned()),
            headers: free(node, "headers", plain),
            body: text(node, "body"),
        }
    } else if let Some(argv) = node.get("exec") {
        Action::Exec {
            argv: command(argv),
            stdin: text(node, "stdin"),
            user: text(node, "user"),
            env: free(node, "env", plain),
        }
    } else if let Some(argv) = node.get("host") {
        Action::Host { argv: command(argv) }
    } else if let Some(signal) = text(node, "signal") {
        Action::Signal(signal.strip_prefix("SIG").map(str::to_owned).unwrap_or(signal))
    } else {
        Action::Wait(parse_duration(node.get("wait")?.text()?).ok()?)
    })
}

/// What a report calls a step that has no name of its own.
fn name(action: &Action) -> String {
    match action {
        Action::Http { url, method, .. } if url.endpoint.is_loopback() => format!("{method} {}", url.target),
        Action::Http { url, method, .. } => format!("{method} {url}"),
        Action::Exec { argv, .. } => format!("exec {}", argv.join(" ")),
        Action::Host { argv } => format!("host {}", argv.join(" ")),
        Action::Signal(signal) => format!("signal {signal}"),
        Action::Wait(time) => format!("wait {}", format_duration(*time)),
    }
}

fn expect(node: &Node, action: &Action) -> Expect {
    let http = matches!(action, Action::Http { .. });
    if let Value::Scalar { text, plain } = &node.value {
        let number = if *plain { text.parse::<i32>().ok() } else { None };
        let whole = Check { equals: Some(text.to_string()), ..Check::default() };
        return match (http, number) {
            (true, Some(number)) => Expect { status: u16::try_from(number).ok(), ..Expect::default() },
            (true, None) => Expect { body: Some(whole), ..Expect::default() },
            (false, Some(number)) => Expect { exit: Some(number), ..Expect::default() },
            (false, None) => Expect { stdout: Some(whole), ..Expect::default() },
        };
    }
    Expect {
        status: node.get("status").and_then(Node::text).and_then(|text| text.parse().ok()),
        headers: free(node, "headers", check)
            .into_iter()
            .map(|(name, check)| (name.to_ascii_lowercase(), check))
            .collect(),
        body: node.get("body").map(check),
        exit: exit(node),
        stdout: node.get("stdout").map(check),
        stderr: node.get("stderr").map(check),
        log: node.get("log").map(check),
    }
}

fn exit(node: &Node) -> Option<i32> {
    node.get("exit").and_then(Node::text).and_then(|text| text.parse().ok())
}

fn check(node: &Node) -> Check {
    match node.text() {
        Some(text) => Check { equals: Some(text.to_owned()), ..Check::default() },
        None => Check {
            equals: text(node, "equals"),
            contains: some(node, "contains").iter().map(plain).collect(),
            matches: some(node, "matches").iter().filter_map(pattern).collect(),
            excludes: Vec::new(),
        },
    }
}

fn stop(node: &Node) -> Stop {
    let default = Stop::default();
    let expect = node.get("expect");
    Stop {
        signal: text(node, "signal").map(|name| name.strip_prefix("SIG").map(str::to_owned).unwrap_or(name)),
        within: duration(node, "within", default.within),
        exit: expect.and_then(|node| exit(node).or_else(|| node.text()?.parse().ok())),
    }
}

fn role(node: &Node) -> Role {
    let action = Action::Exec { argv: Vec::new(), stdin: None, user: None, env: BTreeMap::new() };
    Role {
        start: start(node),
        expect: node.get("expect").map(|node| expect(node, &action)).unwrap_or_default(),
        within: duration(node, "within", ROLE_TIME),
        verify_only: node.get("verify").is_some(),
        line: node.place.line,
    }
}

fn service(node: &Node) -> Service {
    Service {
        image: text(node, "image"),
        recipe: text(node, "recipe"),
        start: start(node),
        ready: node.get("ready").map(ready),
    }
}

fn mask(node: &Node) -> Option<Mask> {
    Channel::ALL
        .into_iter()
        .find_map(|channel| Some(Mask { channel, pattern: pattern(node.get(channel.as_str())?)? }))
}

fn selection(node: &Node) -> Selection {
    Selection {
        paths: texts(node, "paths"),
        packages: texts(node, "packages"),
        classes: texts(node, "classes"),
    }
}
