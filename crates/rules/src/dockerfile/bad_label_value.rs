//! `bad-label-value`: the value of a standard label is not what the standard says.

use crate::build::*;

rule! {
    "bad-label-value", Dockerfile, Info, true,
    "the value of a standard label is not what the standard says",
    ["hadolint:DL3051", "hadolint:DL3052", "hadolint:DL3053", "hadolint:DL3054", "droast:DF081"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    for (index, instruction) in input.each(Keyword::Label) {
        for pair in instruction.pairs() {
            let Some(word) = pair.value.as_ref() else { continue };
            let Value::Known(value) = input.model.value_at(word, index) else { continue };
            let name = pair.name.text.trim_matches(['"', '\'']);
            if let Some(wrong) = wrong(name, value.trim_matches(['"', '\''])) {
                report.at(word.range.clone(), format!("{name} {wrong}"));
            }
        }
    }
}

/// What is wrong with the value of a label of the OCI image specification (`annotations.md`) or of Label Schema 1.0.
fn wrong(name: &str, value: &str) -> Option<&'static str> {
    let (key, is_old) = match name.strip_prefix("org.opencontainers.image.") {
        Some(key) => (key, false),
        None => (name.strip_prefix("org.label-schema.")?, true),
    };
    if value.trim().is_empty() {
        return Some("is empty");
    }
    match key {
        "created" | "build-date" if !is_date(value) => Some("is no date of RFC 3339, such as 2026-11-21T09:30:00Z"),
        "url" | "documentation" | "source" | "vcs-url" if !is_link(value) => Some("is no address with its scheme, such as https://example.com/app"),
        "licenses" if !is_licence_expression(value) => Some("is no SPDX expression, such as Apache-2.0 OR MIT"),
        "base.digest" if !is_old && value.parse::<casehard_oci::Digest>().is_err() => Some("is no digest"),
        _ => None,
    }
}

/// `2026-11-21T09:30:00Z`, with fractions of seconds and another offset where they are said.
fn is_date(value: &str) -> bool {
    let pattern = |text: &str, shape: &str| text.len() == shape.len() && text.bytes().zip(shape.bytes()).all(|(byte, wanted)| if wanted == b'0' { byte.is_ascii_digit() } else { byte.eq_ignore_ascii_case(&wanted) || (wanted == b't' && byte == b' ') });
    let Some((head, rest)) = value.split_at_checked(19) else { return false };
    let rest = match rest.strip_prefix('.') {
        Some(fraction) => fraction.trim_start_matches(|c: char| c.is_ascii_digit()),
        None => rest,
    };
    pattern(head, "0000-00-00t00:00:00") && (rest.eq_ignore_ascii_case("z") || pattern(rest, "+00:00") || pattern(rest, "-00:00"))
}

/// An address with a scheme, or what git takes for one.
fn is_link(value: &str) -> bool {
    let scheme = value.split_once(':').is_some_and(|(scheme, rest)| !scheme.is_empty() && rest.len() > 1 && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.@".contains(c)));
    scheme && !value.contains(char::is_whitespace)
}

/// Whether it has the form of an expression (SPDX 2.3, annex D): identifiers between operators.
fn is_licence_expression(value: &str) -> bool {
    let spaced = value.replace('(', " ( ").replace(')', " ) ");
    let (mut wants_name, mut open) = (true, 0_usize);
    for word in spaced.split_whitespace() {
        match word {
            "(" if wants_name => open += 1,
            ")" if !wants_name && open > 0 => open -= 1,
            "AND" | "OR" | "WITH" if !wants_name => wants_name = true,
            _ if wants_name && word.chars().all(|c| c.is_ascii_alphanumeric() || ".-+:".contains(c)) => wants_name = false,
            _ => return false,
        }
    }
    !wants_name && open == 0
}
