//! A command written as one text: cut into words as a POSIX shell cuts them (Shell Command Language §2.2), and
//! nothing else. No shell runs it, so what only a shell could do is refused rather than passed on as text.

/// Why a text is not a command.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WordsError {
    /// It has no word.
    #[error("the command is empty")]
    Empty,
    /// A quotation mark has no partner.
    #[error("the quotation mark {0} is not closed")]
    Unclosed(char),
    /// Something that only a shell does.
    #[error("{0:?} needs a shell, and a command is not run by one (quote it, or write [sh, -c, \"…\"])")]
    NeedsShell(char),
}

/// Cuts a text into words: blanks separate, `'…'` and `"…"` and `\` quote, nothing is expanded.
///
/// # Errors
/// When a quotation mark is not closed, no word is there, or a character outside quotes would need a shell.
pub fn split_words(text: &str) -> Result<Vec<String>, WordsError> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut rest = text.trim().chars();
    while let Some(c) = rest.next() {
        match c {
            ' ' | '\t' => words.extend(word.take()),
            '\'' => single_quoted(&mut rest, word.get_or_insert_default())?,
            '"' => double_quoted(&mut rest, word.get_or_insert_default())?,
            '\\' => word.get_or_insert_default().extend(rest.next().or(Some('\\'))),
            '|' | '&' | ';' | '<' | '>' | '(' | ')' | '$' | '`' | '*' | '\n' | '\r' => {
                return Err(WordsError::NeedsShell(c));
            }
            _ => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    if words.is_empty() { Err(WordsError::Empty) } else { Ok(words) }
}

fn single_quoted(rest: &mut std::str::Chars<'_>, word: &mut String) -> Result<(), WordsError> {
    for c in rest.by_ref() {
        if c == '\'' {
            return Ok(());
        }
        word.push(c);
    }
    Err(WordsError::Unclosed('\''))
}

fn double_quoted(rest: &mut std::str::Chars<'_>, word: &mut String) -> Result<(), WordsError> {
    while let Some(c) = rest.next() {
        match c {
            '"' => return Ok(()),
            '$' | '`' => return Err(WordsError::NeedsShell(c)),
            '\\' => match rest.next() {
                Some(c @ ('$' | '`' | '"' | '\\')) => word.push(c),
                Some('\n') => {}
                Some(c) => word.extend(['\\', c]),
                None => break,
            },
            _ => word.push(c),
        }
    }
    Err(WordsError::Unclosed('"'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_cut_as_a_shell_does() {
        for (text, words) in [
            ("./smoke.sh", &["./smoke.sh"][..]),
            (" a  b\tc ", &["a", "b", "c"]),
            ("a 'b c' \"d e\" f\\ g", &["a", "b c", "d e", "f g"]),
            ("x'y'\"z\" ''", &["xyz", ""]),
            (r#""a\"b\n""#, &[r#"a"b\n"#]),
            ("curl http://localhost/?a=1", &["curl", "http://localhost/?a=1"]),
            ("sh -c 'a | b > $c'", &["sh", "-c", "a | b > $c"]),
        ] {
            assert_eq!(split_words(text).unwrap(), words, "{text}");
        }
    }

    #[test]
    fn what_needs_a_shell_is_refused() {
        assert_eq!(split_words("  "), Err(WordsError::Empty));
        assert_eq!(split_words("a 'b"), Err(WordsError::Unclosed('\'')));
        assert_eq!(split_words("a \"b\\"), Err(WordsError::Unclosed('"')));
        for text in
            ["a | b", "a && b", "a; b", "a > b", "echo $HOME", "echo \"$HOME\"", "a\nb", "ls *.c", "`a`"]
        {
            assert!(matches!(split_words(text), Err(WordsError::NeedsShell(_))), "{text}");
        }
    }
}
