//! Questions of packages (`debconf-devel(7)`): answered with the default that the package's own template states.

use casehard_oci::RootPath;

use super::{Known, plain};
use crate::{
    deb::stanzas,
    script::shell::{Shell, Streams},
};

pub(super) const COMMANDS: &[Known] = &[
    plain("db_get", |shell, words, _| answer(shell, words, None)),
    plain("db_metaget", |shell, words, _| {
        let field = words.get(1).cloned();
        answer(shell, words, field.as_deref())
    }),
    plain("db_set", |shell, words, _| {
        let [question, value] = words else { return 1 };
        shell.machine.answers.insert(question.clone(), value.clone());
        0
    }),
    plain("db_fget", |shell, _, _| {
        shell.variables.insert("RET".to_owned(), "false".to_owned());
        0
    }),
    plain("db_capb", quiet),
    plain("db_clear", quiet),
    plain("db_fset", quiet),
    // Nobody is asked.
    plain("db_go", quiet),
    plain("db_input", quiet),
    plain("db_info", quiet),
    plain("db_progress", quiet),
    plain("db_purge", quiet),
    plain("db_register", quiet),
    plain("db_reset", quiet),
    plain("db_settitle", quiet),
    plain("db_stop", quiet),
    plain("db_subst", substitute),
    plain("db_title", quiet),
    plain("db_unregister", quiet),
    plain("db_version", quiet),
    plain("db_x_loadtemplatefile", quiet),
];

/// Whether a sourced file is the shell side of the protocol.
pub(crate) fn is_debconf(path: &RootPath) -> bool {
    path.as_bytes().starts_with(b"usr/share/debconf/confmodule")
}

fn quiet(shell: &mut Shell<'_, '_>, _: &[String], _: &Streams) -> i32 {
    shell.variables.insert("RET".to_owned(), String::new());
    0
}

/// Remembers what stands for `${key}` in the fields of a question.
fn substitute(shell: &mut Shell<'_, '_>, words: &[String], _: &Streams) -> i32 {
    let [question, key, value @ ..] = words else { return 1 };
    shell.machine.answers.insert(format!("{question}\0{key}"), value.join(" "));
    0
}

fn answer(shell: &mut Shell<'_, '_>, words: &[String], field: Option<&str>) -> i32 {
    let Some(question) = words.first() else { return 1 };
    let given = shell.machine.answers.get(question).filter(|_| field.is_none()).cloned();
    let value = given.or_else(|| template(shell, question, field.unwrap_or("Default")));
    let found = value.is_some();
    shell.variables.insert("RET".to_owned(), value.unwrap_or_default());
    // An unknown question is an error of the protocol (10).
    if found { 0 } else { 10 }
}

/// A field of the template of a question, of whichever package has it: questions may be shared.
fn template(shell: &Shell<'_, '_>, question: &str, field: &str) -> Option<String> {
    let machine = &shell.machine;
    let own = machine.installed.get(shell.package());
    let places = own.into_iter().chain(machine.installed.values());
    for place in places {
        let Some(templates) = machine.store.packages[*place].text("templates") else { continue };
        if let Some(stanza) =
            stanzas(&templates).flatten().find(|stanza| stanza.get("Template") == Some(question))
        {
            // Translations of a value stand in fields of their own; `choices` may be asked for in lower case.
            let value = stanza.get(field).or_else(|| stanza.get(&format!("{field}-C"))).unwrap_or_default();
            let prefix = format!("{question}\0");
            let substitutions =
                machine.answers.iter().filter_map(|(key, with)| Some((key.strip_prefix(&prefix)?, with)));
            return Some(
                substitutions
                    .fold(value.to_owned(), |value, (key, with)| value.replace(&format!("${{{key}}}"), with)),
            );
        }
    }
    None
}
