//! The reference of `casehard.yaml` for people, in Markdown, from the same table that the reader uses.

use std::fmt::{self, Write as _};

use super::grammar::{Needs, Object, Shape, WORKLOAD};

/// A workload that shows most of the grammar; a test reads it.
pub(super) const EXAMPLE: &str = "\
image: docker-archive:app.tar
start:
  command: [gunicorn, app:app]
  env: { MODE: production }
ready: { http: \"http://127.0.0.1:8000/healthz\", within: 30s }
steps:
  - http: http://127.0.0.1:8000/items
    method: POST
    headers: { content-type: application/json }
    body: '{\"name\": \"x\"}'
    expect:
      status: 201
      headers: { content-type: { contains: json } }
      body: { contains: '\"id\"' }
  - exec: [python3, -m, app.check]        # inside the container
    expect: { stdout: { matches: ^ok } }
  - host: ./smoke.sh                      # beside it, in its network
  - signal: HUP
    expect: { log: { contains: reloaded } }
  - wait: 2s
  - name: a report as PDF
    http: http://127.0.0.1:8000/report.pdf
    verify: only                          # held out from profiling
stop: { signal: TERM, within: 10s, expect: 0 }
roles:
  migrate: { command: [python3, -m, app.migrate] }
services:
  db: { image: \"docker-archive:postgres.tar\", ready: { tcp: 5432 } }
mask:
  - body: '\"time\": \"[^\"]*\"'          # differs from run to run
keep: { paths: [/usr/share/zoneinfo/**], classes: [locales] }
harden: { level: package, user: \"10001:10001\", seccomp: rules }
owner: team@example.com
";

/// The reference: the bytes of `docs/reference/casehard-yaml.md`.
#[must_use]
pub fn reference() -> String {
    let mut text = String::from(
        "# `casehard.yaml`\n\n\
         <!-- Generated from the grammar; CASEHARD_WRITE_DOCS=1 cargo test -p casehard-profile --test workload -->\n\n\
         The description of how an application is run, and what must come of it. Paths in it are relative to it. Editors \
         complete it with `docs/schemas/casehard.schema.json`; the first line\n\
         `# yaml-language-server: $schema=…/casehard.schema.json` tells them.\n\n\
         A command is a list of words, or one text that is cut into words as a shell cuts it. No shell runs it: what needs \
         one (`|`, `>`, `$`, `*` outside quotes) is a mistake, and is written `[sh, -c, \"…\"]`.\n\n\
         A duration is `500ms`, `10s`, `2m`, `1h`, or a sum such as `1m30s`.\n",
    );
    text.push_str(&format!("\n```yaml\n{EXAMPLE}```\n"));
    let mut open = vec![&WORKLOAD];
    let mut written = Vec::new();
    while let Some(object) = open.pop() {
        if written.contains(&object.name) {
            continue;
        }
        written.push(object.name);
        // Writing to a text cannot fail.
        let _ = section(&mut text, object);
        let mut inner: Vec<_> = object.keys().flat_map(|field| objects(&field.shape)).collect();
        inner.reverse();
        open.extend(inner);
    }
    text
}

/// The objects that may stand somewhere.
fn objects(shape: &'static Shape) -> Vec<&'static Object> {
    match shape {
        Shape::Object(object) | Shape::Short(_, object) => vec![object],
        Shape::Variants { variants, .. } => variants.to_vec(),
        Shape::List(inner) | Shape::Some(inner) | Shape::Free(_, inner) => objects(inner),
        Shape::Scalar(_) | Shape::Command | Shape::Any => Vec::new(),
    }
}

fn section(text: &mut String, object: &'static Object) -> fmt::Result {
    writeln!(text, "\n## {}\n\n{}{}", title(object.name), object.about, needs(object.needs))?;
    writeln!(text, "\n| Key | Value | |\n|---|---|---|")?;
    for field in object.keys() {
        let about = field.about.replace('|', "\\|");
        writeln!(text, "| `{}` | {} | {about} |", field.key, form(&field.shape).replace('|', "\\|"))?;
    }
    Ok(())
}

/// `httpStep` becomes `http step`; the file itself has the name of the file.
fn title(name: &str) -> String {
    if name == WORKLOAD.name {
        return "The file".to_owned();
    }
    let mut title = String::new();
    for c in name.chars() {
        if c.is_ascii_uppercase() {
            title.push(' ');
        }
        title.push(c.to_ascii_lowercase());
    }
    title
}

fn needs(needs: Needs) -> String {
    let keys = |keys: &[&str]| keys.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", ");
    match needs {
        Needs::Nothing => String::new(),
        Needs::Key(key) => format!(" `{key}` must be there."),
        Needs::AnyOf(list) => format!(" At least one of {} must be there.", keys(list)),
        Needs::OneOf(list) => format!(" One of {} must be there.", keys(list)),
        Needs::AtMostOne(list) => format!(" Only one of {} can be there.", keys(list)),
    }
}

fn form(shape: &'static Shape) -> String {
    match shape {
        Shape::Scalar(scalar) => scalar.expected(),
        Shape::Command => "a command".to_owned(),
        Shape::List(inner) => format!("a list, each {}", form(inner)),
        Shape::Some(inner) => format!("{}, or a list of them", form(inner)),
        Shape::Free(name, inner) => format!("a mapping from {} to {}", name.expected(), form(inner)),
        Shape::Object(object) => link(object),
        Shape::Variants { variants, .. } => {
            variants.iter().map(|object| link(object)).collect::<Vec<_>>().join(" or ")
        }
        Shape::Any => "anything".to_owned(),
        Shape::Short(scalars, object) => {
            let mut forms: Vec<_> = scalars.iter().map(|scalar| scalar.expected()).collect();
            forms.push(link(object));
            forms.join(" or ")
        }
    }
}

fn link(object: &Object) -> String {
    let title = title(object.name);
    format!("[{title}](#{})", title.replace(' ', "-"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_is_a_workload() {
        let workload = crate::workload::parse(EXAMPLE, "example").unwrap_or_else(|all| panic!("{all:#?}"));
        assert_eq!((workload.steps.len(), workload.roles.len(), workload.services.len()), (6, 1, 1));
    }
}
