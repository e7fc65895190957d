//! Control data: stanzas of `Name: value` fields (`deb822(5)`).

use std::sync::Arc;

/// One paragraph. Values keep their inner line breaks, each continuation line with its leading space; names compare
/// without regard to case and keep their order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stanza(Arc<[(Box<str>, Box<str>)]>);

/// Why a text is no control data.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StanzaError {
    /// A line is neither a field nor a continuation nor a comment.
    #[error("line {line} is not `Name: value`: {text:?}")]
    Line {
        /// Line number, from 1.
        line: usize,
        /// The start of the line.
        text: String,
    },
}

impl Stanza {
    /// The value of a field.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(field, _)| field.eq_ignore_ascii_case(name)).map(|(_, value)| &**value)
    }

    /// All fields as they stand.
    pub(crate) fn fields(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (&**name, &**value))
    }

    /// The words of a field, over all its lines.
    pub(crate) fn words(&self, name: &str) -> impl Iterator<Item = &str> {
        self.get(name).unwrap_or_default().split_whitespace()
    }
}

/// The stanzas of a text. Lines that begin with `#` are comments.
pub(crate) fn stanzas(text: &str) -> impl Iterator<Item = Result<Stanza, StanzaError>> {
    let mut lines = text.lines().enumerate();
    std::iter::from_fn(move || {
        let mut fields: Vec<(Box<str>, String)> = Vec::new();
        for (number, line) in lines.by_ref() {
            if line.starts_with('#') {
                continue;
            }
            if line.trim().is_empty() {
                if fields.is_empty() {
                    continue;
                }
                break;
            }
            if line.starts_with([' ', '\t']) {
                if let Some((_, value)) = fields.last_mut() {
                    value.push('\n');
                    value.push_str(line.trim_end());
                    continue;
                }
            } else if let Some((name, value)) = line.split_once(':')
                && !name.is_empty()
                && !name.contains(char::is_whitespace)
            {
                fields.push((name.into(), value.trim().to_owned()));
                continue;
            }
            let text = line.chars().take(60).collect();
            return Some(Err(StanzaError::Line { line: number + 1, text }));
        }
        let fields: Vec<_> = fields.into_iter().map(|(name, value)| (name, value.into_boxed_str())).collect();
        (!fields.is_empty()).then(|| Ok(Stanza(fields.into())))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_continuations_comments() {
        let text = "# top\n\nA: 1\nLong: x\n y\n .\n z\n# in between\nb:2\n\n\nC:\n d e\n";
        let all: Vec<_> = stanzas(text).collect::<Result<_, _>>().unwrap();
        assert_eq!(all.len(), 2);
        assert_eq!(all[0].get("LONG"), Some("x\n y\n .\n z"));
        assert_eq!(all[0].get("B"), Some("2"));
        assert_eq!(all[1].words("c").collect::<Vec<_>>(), ["d", "e"]);
        assert!(stanzas("no field here").next().unwrap().is_err());
        assert!(stanzas(" continuation first").next().unwrap().is_err());
        assert!(stanzas("").next().is_none());
    }
}
