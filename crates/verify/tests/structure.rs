//! Container structure tests against an image on disk.

use std::{collections::BTreeMap, path::Path, sync::Arc};

use casehard_image::{Head, Image, ImageRef, Kind, LayoutWriter, Mark, Options, Transport, Xattrs};
use casehard_oci::{Compression, Container, ImageConfig, RootPath};
use casehard_profile::workload::{Action, structure::parse};
use casehard_verify::structure;
use serde_json::json;

fn head(path: &str, kind: Kind, mode: u32, content: &str) -> Head {
    Head {
        path: RootPath::parse(path.as_bytes()).unwrap(),
        mark: Mark::Present,
        kind,
        mode,
        uid: 10,
        gid: 20,
        mtime: 0,
        size: content.len() as u64,
        xattrs: Xattrs::new(),
    }
}

/// Two layers; the upper one replaces `/etc/old`, whose bytes `/etc/kept` still has.
fn image(folder: &Path) -> Image {
    let place = folder.join("layout");
    let writer = LayoutWriter::create(&place).unwrap();
    let link = |target: &str| Kind::Symlink(Arc::from(target.as_bytes()));
    let hardlink = Kind::Hardlink(RootPath::parse(b"etc/old").unwrap());
    let layers = [
        vec![
            (head("etc", Kind::Directory, 0o755, ""), ""),
            (head("etc/old", Kind::File, 0o644, "kept bytes\n"), "kept bytes\n"),
            (head("etc/kept", hardlink, 0o644, ""), ""),
            (head("usr/lib/os-release", Kind::File, 0o644, "ID=debian\nNAME=x\n"), "ID=debian\nNAME=x\n"),
            (head("etc/os-release", link("../usr/lib/os-release"), 0o777, ""), ""),
            (head("tmp", Kind::Directory, 0o1777, ""), ""),
            (head("bin/su", Kind::File, 0o4751, "elf"), "elf"),
        ],
        vec![(head("etc/old", Kind::File, 0o600, "new\n"), "new\n")],
    ];
    let written = layers.into_iter().map(|entries| {
        let mut layer = writer.layer(Compression::Gzip).unwrap();
        for (head, content) in &entries {
            layer.entry(head, &mut content.as_bytes()).unwrap();
        }
        layer.finish().unwrap()
    });
    let written = written.collect();
    let config = Container {
        env: vec!["PATH=/usr/bin:/bin".to_owned(), "MODE=production".to_owned()],
        exposed_ports: [("8080/tcp".to_owned(), json!({}))].into(),
        volumes: [("/data".to_owned(), json!({}))].into(),
        entrypoint: Some(vec!["/bin/app".to_owned()]),
        user: "1000".to_owned(),
        labels: [("version".to_owned(), "1.2.3".to_owned())].into(),
        ..Container::default()
    };
    let config =
        ImageConfig { os: "linux".into(), architecture: "amd64".into(), config, ..ImageConfig::default() };
    writer.finish(config, written, BTreeMap::new(), Some("v1")).unwrap();
    let image_ref = ImageRef { transport: Transport::Layout(place), name: None };
    casehard_image::open(&image_ref, &Options::default()).unwrap()
}

fn check(text: &str) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let image = image(folder.path());
    let (tree, _) = casehard_image::read(&image, &()).unwrap();
    let test = parse(text, "test.yaml").unwrap_or_else(|mistakes| panic!("{mistakes:#?}"));
    let steps = structure(&image, &tree, &test).unwrap();
    steps.iter().map(|step| format!("{} {}", step.title(), step.verdict)).collect()
}

#[test]
fn paths_are_looked_at() {
    let said = check(
        "
schemaVersion: 2.0.0
fileExistenceTests:
- { name: there, path: /etc/os-release, shouldExist: true }
- { name: gone, path: /usr/bin/perl, shouldExist: false }
- { name: root, path: /, permissions: drwxr-xr-x }
- { name: missing, path: /etc/nothing, shouldExist: true }
- { name: unwanted, path: /etc/old, shouldExist: false }
- { name: go, path: /tmp, permissions: dtrwxrwxrwx, isExecutableBy: other }
- { name: ls, path: tmp, permissions: drwxrwxrwt, uid: 10, gid: 20 }
- { name: wrong, path: /etc/old, permissions: '-rw-r--r--', uid: 0, gid: 20, isExecutableBy: any }
- { name: setuid, path: /bin/su, permissions: urwxr-x--x }
",
    );
    assert_eq!(
        said,
        [
            "file there passed",
            "file gone passed",
            "file root passed",
            "file missing failed: /etc/nothing is not there",
            "file unwanted failed: /etc/old is there, and must not be",
            "file go passed",
            "file ls passed",
            "file wrong failed: /etc/old has the permissions -rw-------, expected -rw-r--r--; /etc/old has the \
             owner 10, expected 0; /etc/old is not executable by any (-rw-------)",
            "file setuid passed",
        ]
    );
}

#[test]
fn contents_are_looked_at() {
    let said = check(
        r"
schemaVersion: 2.0.0
fileContentTests:
- { name: link, path: /etc/os-release, expectedContents: ['ID=debian', '(?m)^NAME'], excludedContents: [alpine] }
- { name: upper, path: /etc/old, expectedContents: ['\Anew\n\z'] }
- { name: hidden, path: /etc/kept, expectedContents: [kept] }
- { name: wrong, path: /etc/old, expectedContents: [kept], excludedContents: [new] }
- { name: none, path: /etc/nothing, expectedContents: [x] }
- { name: folder, path: /etc }
",
    );
    assert_eq!(
        said,
        [
            "content link passed",
            "content upper passed",
            "content hidden passed",
            "content wrong failed: /etc/old has nothing that matches `kept`; /etc/old has something that matches \
             `new`, which it must not",
            "content none failed: /etc/nothing is not there",
            "content folder failed: /etc is not a file",
        ]
    );
}

#[test]
fn the_configuration_is_looked_at() {
    let said = check(
        "
schemaVersion: 2.0.0
metadataTest:
  envVars: [ { key: MODE, value: production }, { key: PATH, value: ^/usr, isRegex: true }, { key: X, value: y } ]
  unboundEnvVars: [ { key: DEBUG }, { key: MODE } ]
  labels: [ { key: version, value: '^2', isRegex: true } ]
  exposedPorts: ['8080', 9090/udp]
  unexposedPorts: [22]
  volumes: [/data]
  unmountedVolumes: [/data]
  entrypoint: [/bin/app]
  cmd: []
  workdir: /app
  user: '1000'
",
    );
    assert_eq!(
        said,
        [
            "configuration variable MODE passed",
            "configuration variable PATH passed",
            "configuration variable X failed: it is not set",
            "configuration variable DEBUG passed",
            "configuration variable MODE failed: it is `production`, and must not be set",
            "configuration label version failed: it is `1.2.3`, expected what matches `^2`",
            "configuration port 8080 passed",
            "configuration port 9090/udp failed: it is not exposed",
            "configuration port 22 passed",
            "configuration volume /data passed",
            "configuration volume /data failed: it is a volume, and must not be",
            "configuration entrypoint passed",
            "configuration command passed",
            "configuration working directory failed: it is ``, expected `/app`",
            "configuration user passed",
        ]
    );
}

#[test]
fn commands_become_steps() {
    let test = parse(
        r#"{
  "schemaVersion": "2.0.0",
  "globalEnvVars": [{"key": "PATH", "value": "/env/bin:$PATH"}],
  "commandTests": [{
    "name": "pip", "setup": [["mkdir", "x"]], "teardown": [["rmdir", "x"]],
    "command": "pip", "args": ["list"], "envVars": [{"key": "A", "value": "b"}],
    "expectedOutput": ["^flask"], "excludedError": ["Traceback"], "exitCode": 1
  }],
  "licenseTests": [{"debian": true}]
}"#,
        "test.json",
    )
    .unwrap();
    let steps = test.steps(|name| (name == "PATH").then(|| "/bin".to_owned()));
    assert_eq!(
        steps.iter().map(|step| step.name.as_str()).collect::<Vec<_>>(),
        ["pip: setup", "pip", "pip: teardown"]
    );
    let Action::Exec { argv, env, .. } = &steps[1].action else { panic!() };
    assert_eq!(
        (argv.join(" "), env["PATH"].as_str(), env["A"].as_str()),
        ("pip list".to_owned(), "/env/bin:/bin", "b")
    );
    let (out, error) = (steps[1].expect.stdout.as_ref().unwrap(), steps[1].expect.stderr.as_ref().unwrap());
    assert!(out.matches[0].is_match("flask 3") && !out.matches[0].is_match("click\nflask 3"));
    assert!(error.excludes[0].is_match("Traceback") && steps[1].expect.exit == Some(1));
    assert_eq!(test.unused.len(), 1);
}

#[test]
fn mistakes_are_told() {
    for (text, said) in [
        ("", "t:1:1: the file is empty"),
        ("commandTests: []", "`schemaVersion` is missing in the file"),
        ("schemaVersion: 1.0.0", "`1.0.0` is not known here"),
        ("schemaVersion: 2.0.0\ncommandTest: []", "did you mean `commandTests`?"),
        ("schemaVersion: 2.0.0\ncommandTests: [ { name: x, command: x, args: x } ]", "expected a list"),
        ("schemaVersion: 2.0.0\nfileContentTests: [ { path: /a, expectedContents: ['('] } ]", "malformed"),
        ("schemaVersion: 2.0.0\nfileExistenceTests: [ { path: ../../a } ]", "leaves the root"),
        ("schemaVersion: 2.0.0\nfileExistenceTests: [ { path: /a, shouldExist: yes } ]", "`true` or `false`"),
        (
            "schemaVersion: 2.0.0\nmetadataTest: { labels: [ { key: a, value: '(', isRegex: true } ] }",
            "malformed",
        ),
    ] {
        let all: Vec<_> = parse(text, "t").expect_err(text).iter().map(ToString::to_string).collect();
        assert!(all.join("\n").contains(said), "{text}: {all:?}");
    }
}
