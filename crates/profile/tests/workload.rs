//! The reader of `casehard.yaml`: the whole grammar, every kind of mistake, and the published schema.

use std::{fs, path::Path, time::Duration};

use casehard_profile::workload::{
    Action, Channel, Condition, Endpoint, Mistake, Workload, parse, reference, schema,
};
use proptest::prelude::*;

const WHOLE: &str = r#"
image: docker-archive:app.tar
start: { command: [gunicorn, app:app], env: { MODE: production, PORT: 8000 }, user: "1000:1000" }
ready: { http: "http://127.0.0.1:8000/healthz", within: 5s }
steps:
  - http: "http://127.0.0.1:8000/items"
    method: POST
    headers: { content-type: application/json }
    body: '{"name": "x"}'
    expect: { status: 201, headers: { Content-Type: { contains: json } }, body: { contains: '"id"' } }
  - exec: [python3, -m, app.check]          # inside the container
    expect: { exit: 0, stdout: { matches: "^ok" } }
  - host: ./smoke.sh 'a b'
  - signal: SIGHUP
  - wait: 2s
  - http: "http://db:8000/report.pdf"
    verify: only
    expect: 404
  - exec: cat
    stdin: hello
    expect: hello
stop: { signal: TERM, within: 10s, expect: { exit: 0 } }
roles:    { migrate: { command: [python3, -m, app.migrate] } }
services: { db: { image: "docker-archive:postgres.tar", env: { POSTGRES_PASSWORD: x }, ready: { tcp: 5432 } } }
mask:     [ { body: '"time": "[^"]*"' } ]
keep:     { paths: [/usr/share/zoneinfo/**], packages: [tzdata], classes: [locales] }
drop:     { packages: [perl-base] }
harden:   { level: package, user: "10001:10001" }
owner:    team@example.com
"#;

fn read(text: &str) -> Workload {
    parse(text, "casehard.yaml").unwrap_or_else(|mistakes| panic!("{}", shown(&mistakes)))
}

fn mistakes(text: &str) -> Vec<String> {
    parse(text, "w.yaml").expect_err(text).iter().map(ToString::to_string).collect()
}

fn shown(mistakes: &[Mistake]) -> String {
    mistakes.iter().map(|mistake| format!("{mistake}\n")).collect()
}

#[test]
fn the_whole_grammar_is_read() {
    let workload = read(WHOLE);
    assert_eq!(workload.image.as_deref(), Some("docker-archive:app.tar"));
    assert_eq!(workload.start.command.as_deref(), Some(&["gunicorn".to_owned(), "app:app".to_owned()][..]));
    assert_eq!(workload.start.env["PORT"], "8000");
    let ready = workload.ready.as_ref().unwrap();
    assert_eq!(ready.within, Duration::from_secs(5));
    assert!(matches!(&ready.when[..], [Condition::Http(url)] if url.endpoint.port == 8000));
    let names: Vec<_> = workload.steps.iter().map(|step| step.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "POST /items",
            "exec python3 -m app.check",
            "host ./smoke.sh a b",
            "signal HUP",
            "wait 2s",
            "GET http://db:8000/report.pdf",
            "exec cat"
        ]
    );
    let [post, check, host, signal, wait, report, cat] = &workload.steps[..] else { panic!() };
    assert_eq!((post.expect.status, post.line, post.within), (Some(201), 6, Duration::from_secs(30)));
    assert_eq!(post.expect.headers["content-type"].contains, ["json"]);
    assert!(check.expect.stdout.as_ref().unwrap().matches[0].is_match("so\nok"));
    assert_eq!(host.action, Action::Host { argv: vec!["./smoke.sh".into(), "a b".into()] });
    assert_eq!(signal.action, Action::Signal("HUP".into()));
    assert_eq!(wait.action, Action::Wait(Duration::from_secs(2)));
    assert!(report.verify_only && !post.verify_only);
    assert_eq!(report.expect.status, Some(404));
    assert_eq!(cat.expect.stdout.as_ref().unwrap().equals.as_deref(), Some("hello"));
    assert_eq!((workload.stop.signal.as_deref(), workload.stop.exit), (Some("TERM"), Some(0)));
    assert!(workload.roles.contains_key("migrate"));
    let tcp = Condition::Tcp(Endpoint { host: "127.0.0.1".into(), port: 5432 });
    assert_eq!(workload.services["db"].ready.as_ref().unwrap().when, [tcp]);
    assert_eq!(workload.mask[0].channel, Channel::Body);
    assert_eq!(workload.keep.classes, ["locales"]);
    assert_eq!(workload.drop.packages, ["perl-base"]);
    assert_eq!(workload.harden.level.as_deref(), Some("package"));
    assert_eq!(workload.owner.as_deref(), Some("team@example.com"));
}

#[test]
fn a_check_takes_several() {
    let workload = read("steps: [ { exec: x, expect: { stdout: { contains: [a, b], matches: c } } } ]");
    let check = workload.steps[0].expect.stdout.as_ref().unwrap();
    assert_eq!((check.contains.len(), check.matches.len()), (2, 1));
    assert!(
        mistakes("steps: [ { exec: x, expect: { stdout: { contains: [] } } } ]")[0]
            .contains("expected a text")
    );
}

#[test]
fn an_empty_file_says_nothing() {
    assert_eq!(read(""), Workload::default());
    assert_eq!(read("# later\n"), Workload::default());
}

#[test]
fn all_mistakes_are_told_at_once() {
    let text = "\
imgae: app.tar
redy: { http: http://127.0.0.1/ }
steps:
  - htpp: http://127.0.0.1:8000/
  - http: http://127.0.0.1:8000/
    stdin: x
    expect: { statsu: 200, body: { matches: '(' } }
  - signal: HUPP
  - wait: 30
  - exec: echo $HOME
  - exec: []
harden: { level: pakage }
owner: a
owner: b
";
    assert_eq!(
        mistakes(text),
        [
            "w.yaml:1:1: `imgae` is not known in the file (did you mean `image`? expected `image`, `recipe`, \
             `start`, `ready`, `steps`, `stop`, `roles`, `services`, `mask`, `keep`, `drop`, `harden` or `owner`)",
            "w.yaml:2:1: `redy` is not known in the file (did you mean `ready`? expected `image`, `recipe`, \
             `start`, `ready`, `steps`, `stop`, `roles`, `services`, `mask`, `keep`, `drop`, `harden` or `owner`)",
            "w.yaml:4:5: `htpp` is not known in a step (did you mean `http`? expected `http`, `exec`, `host`, \
             `signal` or `wait`)",
            "w.yaml:6:5: `stdin` belongs to `exec`, not to a step with `http`",
            "w.yaml:7:15: `statsu` is not known in `expect` (did you mean `status`? expected `status`, `headers`, \
             `body` or `log`)",
            "w.yaml:7:45: the regular expression is malformed: unclosed group",
            "w.yaml:8:13: `HUPP` is not a signal (did you mean `HUP`? expected a signal such as HUP)",
            "w.yaml:9:11: the number has no unit (write 30ms, 30s, 30m or 30h)",
            "w.yaml:10:11: '$' needs a shell, and a command is not run by one (quote it, or write [sh, -c, \"…\"])",
            "w.yaml:11:11: the command is empty",
            "w.yaml:12:18: `pakage` is not known here (did you mean `package`? expected `tidy`, `package` or `file`)",
            "w.yaml:14:1: `owner` stands twice in this mapping (before that in line 13)",
        ]
    );
}

#[test]
fn each_kind_of_mistake_has_its_words() {
    for (text, said) in [
        ("- a", "1:1: a list stands here (expected a mapping with `image`"),
        ("a: [", "this is not YAML: "),
        ("steps: 3", "1:8: a single value stands here (expected a list)"),
        ("steps:\nowner: x", "nothing stands here (expected a list)"),
        ("image: a\nrecipe: b", "only one of `image` or `recipe` can be given"),
        ("ready: { within: 3s }", "`ready` says nothing: `http`, `tcp`, `log` or `exec` is missing"),
        ("ready: { tcp: 0 }", "\"0\" is not a port"),
        ("ready: { http: https://localhost/ }", "https is not spoken here"),
        ("steps: [ { http: http://dbb/ } ]\nservices: { db: { image: x } }", "did you mean `db`?"),
        ("services: { db: { env: {} } }", "`image` or `recipe` is missing in `db`"),
        ("services: { db: { image: x, recipe: y } }", "only one of `image` or `recipe` can be given"),
        ("services: { 'a b': { image: x } }", "`a b` cannot be a name here"),
        ("start: { env: { A: } }", "nothing stands here (expected a text)"),
        ("start: { env: { A: [x] } }", "a list stands here (expected a text)"),
        (
            "steps: [ { exec: x, wait: 1s } ]",
            "`exec` and `wait` stand in one mapping; a step has one of them",
        ),
        ("steps: [ {} ]", "a step does not say what is done"),
        ("steps: [ { exec: x, expect: 256 } ]", "expected a whole number from 0 to 255"),
        ("steps: [ { http: http://localhost/, expect: 99 } ]", "expected a whole number from 100 to 599"),
        ("steps: [ { http: http://localhost/, method: get } ]", "did you mean `GET`?"),
        ("steps: [ { http: http://localhost/, headers: { A: b, a: c } } ]", "`a` stands twice"),
        (
            "steps: [ { http: http://localhost/, headers: { A: \"b\\r\\nC: d\" } } ]",
            "cannot hold a line break",
        ),
        ("steps: [ { http: http://localhost/, verify: onyl } ]", "did you mean `only`?"),
        ("keep: { paths: [usr] }", "`usr` is not an absolute path"),
        ("keep: {}", "`keep` says nothing"),
        ("harden: { user: root }", "`root` is not numeric, or is root"),
        ("harden: { user: \"0:0\" }", "is not numeric, or is root"),
        ("mask: [ { boby: x } ]", "did you mean `body`?"),
        ("\"\\e[31mx\": 1", "`\\x1b[31mx` is not known"),
        ("image: !!binary aGk=", "YAML tags are not understood"),
    ] {
        let all = mistakes(text).join("\n");
        assert!(all.contains(said), "{text}\nsaid: {all}\nnot:  {said}");
    }
}

#[test]
fn hostile_files_end_soon() {
    let mut text = "steps:\n".to_owned();
    text.extend(std::iter::repeat_n("  - nonsense: x\n", 10_000));
    assert_eq!(parse(&text, "w").unwrap_err().len(), 100);
    assert!(parse(&"{a: ".repeat(50_000), "w").is_err());
    assert!(parse(&format!("ready: {{ log: '{}' }}", "(a{1000}){1000}"), "w").is_err());
}

#[test]
fn what_is_published_follows_from_the_grammar() {
    for (file, now) in
        [("docs/schemas/casehard.schema.json", schema()), ("docs/reference/casehard-yaml.md", reference())]
    {
        let place = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(file);
        if option_env!("CASEHARD_WRITE_DOCS").is_some() {
            fs::create_dir_all(place.parent().unwrap()).unwrap();
            fs::write(&place, &now).unwrap();
        }
        let published = fs::read_to_string(&place).unwrap_or_default();
        assert!(
            published == now,
            "{file} is not what the reader takes: write it with \
             CASEHARD_WRITE_DOCS=1 cargo test -p casehard-profile --test workload"
        );
    }
}

#[test]
fn the_schema_defines_whatever_it_refers_to() {
    let schema: serde_json::Value = serde_json::from_str(&schema()).unwrap();
    let definitions = schema["$defs"].as_object().unwrap();
    let mut open = vec![&schema];
    let mut references = 0;
    while let Some(value) = open.pop() {
        if let Some(name) = value.get("$ref").and_then(|name| name.as_str()) {
            references += 1;
            assert!(definitions[name.strip_prefix("#/$defs/").unwrap()].is_object(), "{name}");
        }
        open.extend(value.as_object().into_iter().flat_map(|object| object.values()));
        open.extend(value.as_array().into_iter().flatten());
    }
    assert!(references > 10);
}

proptest! {
    #[test]
    fn no_text_makes_the_reader_panic(text in "(?s).{0,200}") {
        let _ = parse(&text, "w");
    }

    #[test]
    fn no_damage_makes_the_reader_panic(at in 0..WHOLE.len(), with in "[\\[\\]{}:,'\"&*!|>\n \\-a]{0,3}", cut in 0usize..8) {
        let mut text = WHOLE.to_owned();
        text.replace_range(at..(at + cut).min(text.len()), &with);
        if let Err(mistakes) = parse(&text, "w") {
            prop_assert!(!mistakes.is_empty());
            for mistake in mistakes {
                prop_assert!(mistake.line >= 1 && mistake.column >= 1 && text.get(mistake.range()).is_some());
            }
        }
    }
}
