//! Here-documents on an instruction's line (BuildKit `parser.go`, `heredocsFromLine`).

use crate::{Escape, Form, Heredoc, Instruction, Keyword, Mapped, arguments::split_words};

/// The here-documents that the line of `instruction` opens, contents still empty.
pub(crate) fn openers(instruction: &Instruction, line: &Mapped) -> Vec<Heredoc> {
    let inner = instruction.inner();
    let takes = matches!(inner.keyword, Keyword::Run | Keyword::Copy | Keyword::Add);
    let is_json = matches!(inner.command(), Some(Form::Exec(_)))
        || (inner.keyword != Keyword::Run
            && inner.body.text.trim_start().starts_with('[')
            && inner.body.text.contains('"'));
    if !takes || is_json || !line.text.contains("<<") {
        return Vec::new();
    }
    // BuildKit looks for them with a backslash as escape character, whatever the directive says.
    split_words(line, Escape::Backslash)
        .into_iter()
        .filter_map(|range| {
            let (name, chomp, quoted) = opener(&line.text[range.clone()])?;
            Some(Heredoc {
                name,
                opener: line.range(range),
                expand: !quoted,
                chomp,
                content: Mapped::default(),
                range: 0..0,
            })
        })
        .collect()
}

/// Name, whether tabs are stripped, whether the name is quoted: of a word `[n]<<[-]NAME`.
pub(crate) fn opener(word: &str) -> Option<(String, bool, bool)> {
    let rest = word.trim_start_matches(|c: char| c.is_ascii_digit()).strip_prefix("<<")?;
    let (rest, chomp) = rest.strip_prefix('-').map_or((rest, false), |rest| (rest, true));
    let rest = rest.trim_start();
    if rest.is_empty() || rest.contains('<') {
        return None;
    }
    let mut name = String::new();
    let mut quoted = false;
    let mut quote = None;
    let mut chars = rest.chars();
    while let Some(c) = chars.next() {
        match (c, quote) {
            ('\\', None | Some('"')) => {
                quoted = true;
                name.extend(chars.next());
            }
            (c, Some(open)) if c == open => quote = None,
            ('"' | '\'', None) => (quoted, quote) = (true, Some(c)),
            (c, None) if c.is_whitespace() => return None,
            (c, _) => name.push(c),
        }
    }
    (quote.is_none() && !name.is_empty()).then_some((name, chomp, quoted))
}
