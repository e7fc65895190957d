//! YAML documents as a tree that knows its places, for reading recipes with messages that point.

use granit_parser::{Event, Parser, ScanError, Span};

/// Nodes and depth of any sensible recipe are far below these.
const NODES: usize = 100_000;
const DEPTH: usize = 64;

/// A place in a document, both from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) line: usize,
    pub(crate) column: usize,
}

/// A node. Anchors and aliases are refused: a recipe is read by people.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub(crate) place: Place,
    pub(crate) value: Value,
}

#[derive(Debug, Clone)]
pub(crate) enum Value {
    /// Text, and whether it was written without quotes.
    Scalar(String, bool),
    Sequence(Vec<Node>),
    Mapping(Vec<(Node, Node)>),
}

/// Why a text is no document.
#[derive(Debug, Clone)]
pub(crate) struct Broken {
    pub(crate) place: Place,
    pub(crate) what: String,
}

/// Reads the one document of a text; an empty one is `None`.
pub(crate) fn read(text: &str) -> Result<Option<Node>, Broken> {
    let mut reader = Reader { parser: Parser::new_from_str(text), nodes: 0 };
    let mut document = None;
    loop {
        let (event, place) = reader.next()?;
        match event {
            Event::StreamStart | Event::DocumentEnd | Event::Comment(..) => {}
            Event::StreamEnd => return Ok(document),
            Event::DocumentStart(..) if document.is_none() => {
                let event = reader.next()?;
                document = Some(reader.node(event, 0)?);
            }
            Event::DocumentStart(..) => {
                return Err(broken(place, "a recipe is one document, and here begins another"));
            }
            _ => return Err(broken(place, "the document ends here and something follows")),
        }
    }
}

struct Reader<'a> {
    parser: Parser<'a, granit_parser::StrInput<'a>>,
    nodes: usize,
}

impl<'a> Reader<'a> {
    fn next(&mut self) -> Result<(Event<'a>, Place), Broken> {
        loop {
            match self.parser.next() {
                Some(Ok((Event::Comment(..), _))) => {}
                Some(Ok((event, span))) => return Ok((event, place(&span))),
                Some(Err(error)) => return Err(scan_error(&error)),
                None => return Ok((Event::StreamEnd, Place { line: 1, column: 1 })),
            }
        }
    }

    fn node(&mut self, (event, place): (Event<'a>, Place), depth: usize) -> Result<Node, Broken> {
        self.nodes += 1;
        if self.nodes > NODES || depth > DEPTH {
            return Err(broken(place, "the document is too large or too deep"));
        }
        let value = match event {
            Event::Scalar(text, style, 0, _) => {
                Value::Scalar(text.into_owned(), style == granit_parser::ScalarStyle::Plain)
            }
            Event::SequenceStart(_, 0, _) => {
                let mut items = Vec::new();
                loop {
                    match self.next()? {
                        (Event::SequenceEnd, _) => break Value::Sequence(items),
                        event => items.push(self.node(event, depth + 1)?),
                    }
                }
            }
            Event::MappingStart(_, 0, _) => {
                let mut entries = Vec::new();
                loop {
                    match self.next()? {
                        (Event::MappingEnd, _) => break Value::Mapping(entries),
                        event => {
                            let key = self.node(event, depth + 1)?;
                            let event = self.next()?;
                            entries.push((key, self.node(event, depth + 1)?));
                        }
                    }
                }
            }
            _ => return Err(broken(place, "anchors and aliases are not used in recipes")),
        };
        Ok(Node { place, value })
    }
}

fn place(span: &Span) -> Place {
    Place { line: span.start.line(), column: span.start.col() + 1 }
}

fn scan_error(error: &ScanError) -> Broken {
    let mark = error.marker();
    Broken { place: Place { line: mark.line(), column: mark.col() + 1 }, what: error.info() }
}

fn broken(place: Place, what: &str) -> Broken {
    Broken { place, what: what.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_and_refusals() {
        let root = read("# c\na: 1\nb:\n  - x\n  - 'y'\n").unwrap().unwrap();
        let Value::Mapping(entries) = root.value else { panic!() };
        assert_eq!(entries[1].0.place, Place { line: 3, column: 1 });
        let Value::Sequence(items) = &entries[1].1.value else { panic!() };
        assert!(matches!(&items[1].value, Value::Scalar(text, false) if text == "y"));
        assert_eq!(items[1].place, Place { line: 5, column: 5 });
        assert!(read("").unwrap().is_none());
        for (text, line) in
            [("a: &x 1\nb: *x\n", 1), ("a: 1\n--- \nb: 2\n", 2), ("a: [1\n", 1), ("a:\n\t- b", 2)]
        {
            let error = read(text).unwrap_err();
            assert!(error.place.line >= line, "{text}: {error:?}");
        }
        assert!(read(&"[".repeat(1000)).is_err());
    }
}
