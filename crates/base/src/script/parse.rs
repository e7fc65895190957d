//! Parsing a script.

use std::rc::Rc;

use super::{
    ast::{Command, CommandKind, Joint, List, Part, Pipeline, Redirect, RedirectKind, Script, Word},
    word,
};

/// Nesting of commands in any script that a person wrote.
const DEPTH: usize = 100;

/// Why a text is no script.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {what}")]
pub(crate) struct ScriptError {
    line: usize,
    what: &'static str,
}

/// A reader of a script's characters.
pub(super) struct Parser<'a> {
    pub(super) rest: &'a str,
    whole: &'a str,
    depth: usize,
    documents: Vec<Word>,
    /// Here-documents whose bodies begin after the next line break: number, end mark, tabs stripped, expanded.
    pending: Vec<(usize, String, bool, bool)>,
}

type Parsed<T> = Result<T, ScriptError>;

const RESERVED: [&str; 14] =
    ["then", "else", "elif", "fi", "do", "done", "esac", "}", "in", "if", "while", "until", "for", "case"];

/// Parses a script.
pub(super) fn parse(text: &str) -> Parsed<Script> {
    let mut parser = Parser { rest: text, whole: text, depth: 0, documents: Vec::new(), pending: Vec::new() };
    let list = parser.list(&[])?;
    parser.skip_lines();
    if !parser.rest.is_empty() {
        return Err(parser.error("a word or mark stands where none may"));
    }
    Ok(Script { list, documents: parser.documents })
}

impl<'a> Parser<'a> {
    pub(super) fn error(&self, what: &'static str) -> ScriptError {
        let read = self.whole.len() - self.rest.len();
        ScriptError { line: self.whole[..read].matches('\n').count() + 1, what }
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    pub(super) fn next(&mut self) -> Option<char> {
        let first = self.peek()?;
        self.rest = &self.rest[first.len_utf8()..];
        Some(first)
    }

    pub(super) fn eat(&mut self, text: &str) -> bool {
        match self.rest.strip_prefix(text) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    /// Blanks, joined lines and comments, but no line break.
    fn skip_blanks(&mut self) {
        loop {
            self.rest = self.rest.trim_start_matches([' ', '\t', '\r']);
            if self.eat("\\\n") {
                continue;
            }
            if self.rest.starts_with('#') {
                self.rest = &self.rest[self.rest.find('\n').unwrap_or(self.rest.len())..];
            }
            return;
        }
    }

    fn line_break(&mut self) -> bool {
        if !self.eat("\n") {
            return false;
        }
        for (number, mark, strip, expanded) in std::mem::take(&mut self.pending) {
            let mut body = String::new();
            while !self.rest.is_empty() {
                let (line, rest) = self.rest.split_once('\n').unwrap_or((self.rest, ""));
                self.rest = rest;
                let line = if strip { line.trim_start_matches('\t') } else { line };
                if line == mark {
                    break;
                }
                body.push_str(line);
                body.push('\n');
            }
            self.documents[number] = if expanded {
                word::document(&body).unwrap_or_default()
            } else {
                vec![Part::Text { text: body, quoted: true }]
            };
        }
        true
    }

    /// Blanks, comments and line breaks.
    fn skip_lines(&mut self) {
        loop {
            self.skip_blanks();
            if !self.line_break() {
                return;
            }
        }
    }

    /// Whether the next word is this reserved one.
    fn at_word(&self, reserved: &str) -> bool {
        self.rest.strip_prefix(reserved).is_some_and(|rest| {
            rest.chars().next().is_none_or(|c| c.is_whitespace() || ";&|()<>#".contains(c))
        })
    }

    fn eat_word(&mut self, reserved: &str) -> bool {
        let found = self.at_word(reserved);
        if found {
            self.rest = &self.rest[reserved.len()..];
        }
        found
    }

    fn expect_word(&mut self, reserved: &str, what: &'static str) -> Parsed<()> {
        self.skip_lines();
        if self.eat_word(reserved) { Ok(()) } else { Err(self.error(what)) }
    }

    /// Commands up to the end, a closing parenthesis, `;;`, or one of these reserved words.
    pub(super) fn list(&mut self, ends: &[&str]) -> Parsed<List> {
        self.depth += 1;
        if self.depth > DEPTH {
            return Err(self.error("commands are nested too deeply"));
        }
        let mut list = List::new();
        let mut joint = Joint::Then;
        loop {
            self.skip_lines();
            let at_end = self.rest.is_empty()
                || self.rest.starts_with([')', ';'])
                || ends.iter().any(|end| self.at_word(end));
            if at_end {
                break;
            }
            list.push((joint, self.pipeline()?));
            self.skip_blanks();
            joint = Joint::Then;
            if self.eat("&&") {
                joint = Joint::And;
            } else if self.eat("||") {
                joint = Joint::Or;
            } else if !self.rest.starts_with(";;")
                && !self.eat(";")
                && !self.eat("&")
                && !self.rest.starts_with('\n')
            {
                break;
            }
        }
        self.depth -= 1;
        Ok(list)
    }

    fn pipeline(&mut self) -> Parsed<Pipeline> {
        let mut negated = false;
        while self.at_word("!") {
            self.rest = &self.rest[1..];
            negated = !negated;
            self.skip_blanks();
        }
        let mut commands = vec![self.command()?];
        loop {
            self.skip_blanks();
            if self.rest.starts_with("||") || !self.eat("|") {
                return Ok(Pipeline { negated, commands });
            }
            self.skip_lines();
            commands.push(self.command()?);
        }
    }

    fn command(&mut self) -> Parsed<Command> {
        self.skip_blanks();
        let kind = if self.eat_word("if") {
            self.conditional()?
        } else if self.at_word("while") || self.at_word("until") {
            let until = self.at_word("until");
            self.rest = &self.rest[5..];
            let condition = self.list(&["do"])?;
            CommandKind::While { condition, body: self.body()?, until }
        } else if self.eat_word("for") {
            self.for_loop()?
        } else if self.eat_word("case") {
            self.case()?
        } else if self.eat_word("{") {
            let list = self.list(&["}"])?;
            self.expect_word("}", "a group is not closed")?;
            CommandKind::Group(list)
        } else if self.eat("(") {
            let list = self.list(&[])?;
            self.skip_lines();
            if !self.eat(")") {
                return Err(self.error("a subshell is not closed"));
            }
            CommandKind::Subshell(list)
        } else if let Some(function) = self.function()? {
            function
        } else {
            return self.simple();
        };
        let mut redirects = Vec::new();
        loop {
            self.skip_blanks();
            match self.redirect()? {
                Some(redirect) => redirects.push(redirect),
                None => return Ok(Command { kind, redirects }),
            }
        }
    }

    fn conditional(&mut self) -> Parsed<CommandKind> {
        let mut arms = Vec::new();
        loop {
            let condition = self.list(&["then"])?;
            self.expect_word("then", "`if` has no `then`")?;
            let body = self.list(&["elif", "else", "fi"])?;
            arms.push((condition, body));
            self.skip_lines();
            if self.eat_word("elif") {
                continue;
            }
            let otherwise = if self.eat_word("else") { self.list(&["fi"])? } else { List::new() };
            self.expect_word("fi", "`if` has no `fi`")?;
            return Ok(CommandKind::If { arms, otherwise });
        }
    }

    fn body(&mut self) -> Parsed<List> {
        self.expect_word("do", "a loop has no `do`")?;
        let body = self.list(&["done"])?;
        self.expect_word("done", "a loop has no `done`")?;
        Ok(body)
    }

    fn for_loop(&mut self) -> Parsed<CommandKind> {
        self.skip_blanks();
        let name = self.name().ok_or_else(|| self.error("`for` has no name"))?;
        self.skip_lines();
        let mut words = None;
        if self.eat_word("in") {
            let mut list = Vec::new();
            loop {
                self.skip_blanks();
                match word::word(self)? {
                    Some(word) => list.push(word),
                    None => break,
                }
            }
            words = Some(list);
        }
        self.skip_blanks();
        self.eat(";");
        Ok(CommandKind::For { name, words, body: self.body()? })
    }

    fn case(&mut self) -> Parsed<CommandKind> {
        self.skip_blanks();
        let subject = word::word(self)?.ok_or_else(|| self.error("`case` has no word"))?;
        self.expect_word("in", "`case` has no `in`")?;
        let mut arms = Vec::new();
        loop {
            self.skip_lines();
            if self.eat_word("esac") {
                return Ok(CommandKind::Case { subject, arms });
            }
            self.eat("(");
            let mut patterns = Vec::new();
            loop {
                self.skip_lines();
                patterns
                    .push(word::word(self)?.ok_or_else(|| self.error("an arm of `case` has no pattern"))?);
                self.skip_blanks();
                if !self.eat("|") {
                    break;
                }
            }
            if !self.eat(")") {
                return Err(self.error("a pattern of `case` is not closed"));
            }
            arms.push((patterns, self.list(&["esac"])?));
            self.skip_lines();
            self.eat(";;");
        }
    }

    fn name(&mut self) -> Option<String> {
        let end = self.rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(self.rest.len());
        let name = &self.rest[..end];
        if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
            return None;
        }
        self.rest = &self.rest[end..];
        Some(name.to_owned())
    }

    /// `name() command`, or `function name command` of other shells.
    fn function(&mut self) -> Parsed<Option<CommandKind>> {
        let start = self.rest;
        let has_keyword = self.eat_word("function");
        self.skip_blanks();
        let end = self.rest.find(|c: char| !c.is_ascii_alphanumeric() && !"_-.+".contains(c));
        let (name, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        self.rest = rest.trim_start_matches([' ', '\t']);
        let has_marks = self.eat("(") && {
            self.skip_blanks();
            self.eat(")")
        };
        if name.is_empty() || !(has_keyword || has_marks) || RESERVED.contains(&name) {
            self.rest = start;
            return Ok(None);
        }
        self.skip_lines();
        let body = Rc::new(self.command()?);
        Ok(Some(CommandKind::Function { name: name.to_owned(), body }))
    }

    fn simple(&mut self) -> Parsed<Command> {
        let (mut assignments, mut words, mut redirects) = (Vec::new(), Vec::new(), Vec::new());
        loop {
            self.skip_blanks();
            if let Some(redirect) = self.redirect()? {
                redirects.push(redirect);
                continue;
            }
            if words.is_empty() {
                let start = self.rest;
                if let Some(name) = self.name()
                    && self.eat("=")
                {
                    let value = word::word(self)?.unwrap_or_default();
                    assignments.push((name, value));
                    continue;
                }
                self.rest = start;
            }
            match word::word(self)? {
                Some(word) => words.push(word),
                None => break,
            }
        }
        if assignments.is_empty() && words.is_empty() && redirects.is_empty() {
            return Err(self.error("a command is missing"));
        }
        Ok(Command { kind: CommandKind::Simple { assignments, words }, redirects })
    }

    fn redirect(&mut self) -> Parsed<Option<Redirect>> {
        let start = self.rest;
        let digits = self.rest.len() - self.rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let number = self.rest[..digits].parse().ok();
        self.rest = &self.rest[digits..];
        let both = digits == 0 && self.rest.starts_with("&>");
        if both {
            self.rest = &self.rest[1..];
        }
        let Some(mark) =
            ["<<-", "<<", "<&", "<>", "<", ">>", ">&", ">|", ">"].into_iter().find(|mark| self.eat(mark))
        else {
            self.rest = start;
            return Ok(None);
        };
        let descriptor = number.unwrap_or(u32::from(mark.starts_with('>')));
        self.skip_blanks();
        let raw = self.rest;
        let target = word::word(self)?.ok_or_else(|| self.error("a redirection has no target"))?;
        let kind = match mark {
            "<<" | "<<-" => {
                let raw = &raw[..raw.len() - self.rest.len()];
                let quoted = raw.contains(['\'', '"', '\\']);
                let mark_text: String = raw.chars().filter(|c| !"'\"\\".contains(*c)).collect();
                let number = self.documents.len();
                self.documents.push(Word::new());
                self.pending.push((number, mark_text, mark == "<<-", !quoted));
                RedirectKind::Here(number)
            }
            "<" | "<>" => RedirectKind::Read(target),
            ">>" => RedirectKind::Append(target),
            "<&" | ">&" => RedirectKind::Duplicate(target),
            _ => RedirectKind::Write(target),
        };
        Ok(Some(Redirect { descriptor, kind }))
    }
}

/// The commands inside `$(` up to its `)`. Here-documents inside are numbered with those of the whole script.
pub(super) fn substitution(parser: &mut Parser<'_>) -> Parsed<List> {
    let list = parser.list(&[])?;
    parser.skip_lines();
    if parser.eat(")") { Ok(list) } else { Err(parser.error("a command substitution is not closed")) }
}

/// Commands of their own, from backquotes.
pub(super) fn backquoted(text: &str) -> Parsed<List> {
    parse(text).map(|script| script.list)
}

/// A parser of a text inside a here-document.
pub(super) fn parser(text: &str) -> Parser<'_> {
    Parser { rest: text, whole: text, depth: 0, documents: Vec::new(), pending: Vec::new() }
}
