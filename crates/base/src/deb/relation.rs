//! Relations between packages (Debian policy 7.1).

use std::{cmp::Ordering, fmt};

/// How a version is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operator {
    Less,
    LessOrEqual,
    Equal,
    GreaterOrEqual,
    Greater,
}

impl Operator {
    /// Whether `version` stands in this relation to `bound`.
    pub(crate) fn holds(self, version: &str, bound: &str) -> bool {
        let order = super::compare(version, bound);
        match self {
            Self::Less => order == Ordering::Less,
            Self::LessOrEqual => order.is_le(),
            Self::Equal => order == Ordering::Equal,
            Self::GreaterOrEqual => order.is_ge(),
            Self::Greater => order == Ordering::Greater,
        }
    }

    const fn text(self) -> &'static str {
        match self {
            Self::Less => "<<",
            Self::LessOrEqual => "<=",
            Self::Equal => "=",
            Self::GreaterOrEqual => ">=",
            Self::Greater => ">>",
        }
    }
}

/// A package, perhaps of some versions. An architecture qualifier (`:any`, `:native`) is dropped: an image has one
/// architecture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Relation {
    pub(crate) name: String,
    pub(crate) version: Option<(Operator, String)>,
}

/// Alternatives, of which one must hold.
pub(crate) type Clause = Vec<Relation>;

/// Why a field holds no relations.
#[derive(Debug, thiserror::Error)]
#[error("{0:?} is not a package relation")]
pub struct RelationError(String);

/// Reads a field such as `Depends`: clauses between commas, alternatives between bars. An alternative that is
/// restricted to other architectures (`[arm64]`) is left out.
pub(crate) fn clauses(field: &str, architecture: &str) -> Result<Vec<Clause>, RelationError> {
    let mut all = Vec::new();
    for clause in field.split(',').map(str::trim).filter(|clause| !clause.is_empty()) {
        let mut alternatives = Vec::new();
        for alternative in clause.split('|') {
            alternatives.extend(relation(alternative.trim(), architecture)?);
        }
        if !alternatives.is_empty() {
            all.push(alternatives);
        }
    }
    Ok(all)
}

fn relation(text: &str, architecture: &str) -> Result<Option<Relation>, RelationError> {
    let broken = || RelationError(text.chars().take(80).collect());
    let end = text.find(|c: char| c.is_whitespace() || "([<".contains(c)).unwrap_or(text.len());
    let (name, mut rest) = text.split_at(end);
    let name = name.split(':').next().unwrap_or_default();
    if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-._".contains(&byte)) {
        return Err(broken());
    }
    let mut version = None;
    let mut applies = true;
    loop {
        rest = rest.trim_start();
        let (open, close) = match rest.as_bytes().first() {
            None => break,
            Some(b'(') => ('(', ')'),
            Some(b'[') => ('[', ']'),
            Some(b'<') => ('<', '>'),
            Some(_) => return Err(broken()),
        };
        let (inside, tail) = rest[1..].split_once(close).ok_or_else(broken)?;
        match open {
            '(' => version = Some(bound(inside.trim()).ok_or_else(broken)?),
            '[' => {
                let mut list = inside.split_whitespace().peekable();
                let negative = list.peek().is_some_and(|word| word.starts_with('!'));
                let named = list.any(|word| word.trim_start_matches('!') == architecture);
                applies = named != negative;
            }
            _ => {}
        }
        rest = tail;
    }
    Ok(applies.then(|| Relation { name: name.to_owned(), version }))
}

fn bound(text: &str) -> Option<(Operator, String)> {
    let end = text.find(|c| !"<>=".contains(c))?;
    let operator = match &text[..end] {
        "<<" => Operator::Less,
        "<=" | "<" => Operator::LessOrEqual,
        "=" => Operator::Equal,
        ">=" | ">" => Operator::GreaterOrEqual,
        ">>" => Operator::Greater,
        _ => return None,
    };
    let version = text[end..].trim();
    (!version.is_empty()).then(|| (operator, version.to_owned()))
}

impl fmt::Display for Relation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        self.version
            .as_ref()
            .map_or(Ok(()), |(operator, version)| write!(f, " ({} {version})", operator.text()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_grammar() {
        let read = clauses("a, b (>= 1:2) | c:any (<< 3), d [!amd64], e [arm64 amd64] <!nocheck>,", "amd64")
            .unwrap();
        let shown: Vec<Vec<String>> =
            read.iter().map(|clause| clause.iter().map(Relation::to_string).collect()).collect();
        assert_eq!(shown, [vec!["a"], vec!["b (>= 1:2)", "c (<< 3)"], vec!["e"]]);
        for wrong in ["a (1)", "a (>= )", "(>= 1)", "a b", "a (>= 1", "ä"] {
            assert!(clauses(wrong, "amd64").is_err(), "{wrong}");
        }
        assert!(Operator::LessOrEqual.holds("1", "1") && !Operator::Less.holds("1", "1"));
    }
}
