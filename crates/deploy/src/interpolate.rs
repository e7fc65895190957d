//! `$NAME` and `${NAME…}` in Compose files (Compose specification, *Interpolation*).

/// What a text comes to when the environment is not known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interpolated {
    /// The text, with defaults for variables that have one; `None` when a variable without one decides.
    pub text: Option<String>,
    /// Variables without a default.
    pub open: Vec<String>,
}

/// Works a text out with nothing but the defaults that it gives itself.
#[must_use]
pub fn interpolate(text: &str) -> Interpolated {
    let mut out = String::with_capacity(text.len());
    let mut open = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix('$') {
            out.push('$');
            rest = after;
        } else if let Some(inside) = rest.strip_prefix('{') {
            let end = closing(inside);
            let body = &inside[..end];
            rest = inside.get(end + 1..).unwrap_or_default();
            let name_end =
                body.find(|c: char| !(c == '_' || c.is_ascii_alphanumeric())).unwrap_or(body.len());
            let (name, operator) = body.split_at(name_end);
            match operator.strip_prefix(":-").or_else(|| operator.strip_prefix('-')) {
                Some(default) => {
                    let inner = interpolate(default);
                    open.extend(inner.open);
                    out.push_str(&inner.text.unwrap_or_default());
                }
                None => open.push(name.to_owned()),
            }
        } else {
            let end = rest.find(|c: char| !(c == '_' || c.is_ascii_alphanumeric())).unwrap_or(rest.len());
            if end == 0 {
                out.push('$');
            } else {
                open.push(rest[..end].to_owned());
                rest = &rest[end..];
            }
        }
    }
    out.push_str(rest);
    Interpolated { text: open.is_empty().then_some(out), open }
}

/// Where the brace that is open closes.
fn closing(text: &str) -> usize {
    let mut depth = 0usize;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'{' => depth += 1,
            b'}' if depth == 0 => return at,
            b'}' => depth -= 1,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_count_and_the_rest_is_open() {
        let cases: &[(&str, Option<&str>, &[&str])] = &[
            ("a:${T:-1}", Some("a:1"), &[]),
            ("a:$T", None, &["T"]),
            ("${A:-${B-x}}", Some("x"), &[]),
            ("$$x", Some("$x"), &[]),
            ("${A:?no}", None, &["A"]),
            ("100$", Some("100$"), &[]),
            ("${A", None, &["A"]),
        ];
        for (text, expected, open) in cases {
            let found = interpolate(text);
            assert_eq!(
                (found.text.as_deref(), found.open),
                (*expected, open.iter().map(ToString::to_string).collect()),
                "{text}"
            );
        }
    }
}
