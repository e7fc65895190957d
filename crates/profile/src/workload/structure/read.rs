//! From the text of structure tests to the types.

use casehard_oci::RootPath;

use super::{
    Commands, ContentTest, ExecutableBy, FileTest, MetadataTest, Setting, StructureTest, grammar::STRUCTURE,
};
use crate::workload::{
    Check, Expect, Mistake, Pattern,
    validate::{mistake, validate_as},
    yaml::{self, Node, Place},
};

/// Reads a file of container structure tests, version 2.0.0, in YAML or JSON.
///
/// # Errors
/// Every mistake, in the order of the file.
pub fn parse(text: &str, file: &str) -> Result<StructureTest, Vec<Mistake>> {
    let root = match yaml::read(text) {
        Ok(Some(root)) => root,
        Ok(None) => {
            let start = Place { line: 1, column: 1, span: (0, 0) };
            return Err(vec![mistake(file, start, "the file is empty".to_owned())]);
        }
        Err(flaw) => return Err(vec![mistake(file, flaw.place, flaw.what)]),
    };
    let mut mistakes = validate_as(&root, &STRUCTURE, file);
    let test = structure(&root, &mut |node, what| mistakes.push(mistake(file, node.place, what)));
    if mistakes.is_empty() { Ok(test) } else { Err(mistakes) }
}

type Report<'a> = &'a mut dyn FnMut(&Node, String);

fn structure(root: &Node, report: Report<'_>) -> StructureTest {
    let list = |key: &str| root.get(key).map_or(&[][..], Node::items);
    let mut unused = Vec::new();
    if root.get("licenseTests").is_some() {
        unused.push("licenseTests: the licences of an image are in its SBOM".to_owned());
    }
    if root.get("containerRunOptions").is_some() {
        unused.push("containerRunOptions: the container runs as the workload says".to_owned());
    }
    StructureTest {
        environment: settings(root, "globalEnvVars", report),
        commands: list("commandTests").iter().map(|node| command(node, report)).collect(),
        files: list("fileExistenceTests").iter().map(|node| file(node, report)).collect(),
        contents: list("fileContentTests").iter().map(|node| content(node, report)).collect(),
        metadata: root.get("metadataTest").map(|node| metadata(node, report)).unwrap_or_default(),
        unused,
    }
}

fn text(node: &Node, key: &str) -> Option<String> {
    node.get(key).and_then(Node::text).map(str::to_owned)
}

fn words(node: &Node) -> Vec<String> {
    node.items().iter().filter_map(Node::text).map(str::to_owned).collect()
}

fn texts(node: &Node, key: &str) -> Vec<String> {
    node.get(key).map(words).unwrap_or_default()
}

fn number<T: std::str::FromStr>(node: &Node, key: &str) -> Option<T> {
    node.get(key).and_then(Node::text).and_then(|text| text.parse().ok())
}

/// The grammar has said already what is malformed.
fn patterns(node: &Node, key: &str) -> Vec<Pattern> {
    texts(node, key).iter().filter_map(|text| Pattern::of_whole_text(text).ok()).collect()
}

fn name(node: &Node, or: &str) -> String {
    text(node, "name").unwrap_or_else(|| or.to_owned())
}

fn flag(node: &Node, key: &str, default: bool) -> bool {
    node.get(key).and_then(Node::text).map_or(default, |text| text == "true")
}

fn settings(node: &Node, key: &str, report: Report<'_>) -> Vec<Setting> {
    let items = node.get(key).map_or(&[][..], Node::items);
    items
        .iter()
        .map(|item| {
            let value = text(item, "value").unwrap_or_default();
            let pattern = match Pattern::of_whole_text(&value) {
                _ if !flag(item, "isRegex", false) => None,
                Ok(pattern) => Some(pattern),
                Err(_) => {
                    report(item, "the value is a malformed regular expression".to_owned());
                    None
                }
            };
            Setting { key: text(item, "key").unwrap_or_default(), value, pattern }
        })
        .collect()
}

fn path(node: &Node, report: Report<'_>) -> RootPath {
    let text = text(node, "path").unwrap_or_default();
    RootPath::parse(text.as_bytes()).unwrap_or_else(|error| {
        report(node, error.to_string());
        RootPath::root()
    })
}

fn command(node: &Node, report: Report<'_>) -> Commands {
    let commands = |key: &str| -> Vec<Vec<String>> {
        let lists = node.get(key).map_or(&[][..], Node::items);
        lists.iter().map(words).filter(|argv| !argv.is_empty()).collect()
    };
    let check = |expected: &str, excluded: &str| {
        let check = Check {
            matches: patterns(node, expected),
            excludes: patterns(node, excluded),
            ..Check::default()
        };
        (check != Check::default()).then_some(check)
    };
    let mut argv: Vec<String> = text(node, "command").into_iter().collect();
    argv.extend(texts(node, "args"));
    Commands {
        name: name(node, &argv.join(" ")),
        line: node.place.line,
        setup: commands("setup"),
        teardown: commands("teardown"),
        environment: settings(node, "envVars", report),
        expect: Expect {
            exit: number(node, "exitCode"),
            stdout: check("expectedOutput", "excludedOutput"),
            stderr: check("expectedError", "excludedError"),
            ..Expect::default()
        },
        argv,
    }
}

fn file(node: &Node, report: Report<'_>) -> FileTest {
    let path = path(node, report);
    FileTest {
        name: name(node, &path.to_string()),
        line: node.place.line,
        path,
        exists: flag(node, "shouldExist", true),
        permissions: text(node, "permissions"),
        uid: number(node, "uid"),
        gid: number(node, "gid"),
        executable_by: text(node, "isExecutableBy").map(|word| match word.as_str() {
            "owner" => ExecutableBy::Owner,
            "group" => ExecutableBy::Group,
            "other" => ExecutableBy::Other,
            _ => ExecutableBy::Any,
        }),
    }
}

fn content(node: &Node, report: Report<'_>) -> ContentTest {
    let path = path(node, report);
    ContentTest {
        name: name(node, &path.to_string()),
        line: node.place.line,
        path,
        expected: patterns(node, "expectedContents"),
        excluded: patterns(node, "excludedContents"),
    }
}

fn metadata(node: &Node, report: Report<'_>) -> MetadataTest {
    let mut environment = settings(node, "envVars", report);
    environment.extend(settings(node, "env", report));
    MetadataTest {
        line: node.place.line,
        environment,
        unbound: settings(node, "unboundEnvVars", report).into_iter().map(|setting| setting.key).collect(),
        labels: settings(node, "labels", report),
        exposed: texts(node, "exposedPorts"),
        unexposed: texts(node, "unexposedPorts"),
        volumes: texts(node, "volumes"),
        unmounted: texts(node, "unmountedVolumes"),
        entrypoint: node.get("entrypoint").map(words),
        cmd: node.get("cmd").map(words),
        workdir: text(node, "workdir"),
        user: text(node, "user"),
    }
}
