//! As much of XML 1.0 as feeds use: elements, attributes, text, CDATA, the five entities and character references.
//!
//! A document type is passed over and defines nothing, so that no entity unpacks into more than was sent.

use std::borrow::Cow;

/// What comes next in a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Event<'a> {
    /// `<name attributes>`; an element without content is followed by its end.
    Start(&'a str, Attributes<'a>),
    /// Text, its references resolved.
    Text(Cow<'a, str>),
    /// `</name>`
    End(&'a str),
}

/// The attributes of an element.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Attributes<'a>(&'a str);

/// Reads a document from its start. What is malformed ends it.
#[derive(Debug, Clone)]
pub(super) struct Reader<'a> {
    rest: &'a str,
    empty: Option<&'a str>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { rest: text, empty: None }
    }

    /// The text up to the end of the element that was just begun, tags left out.
    pub(super) fn text(&mut self) -> String {
        let (mut text, mut depth) = (String::new(), 0usize);
        for event in self.by_ref() {
            match event {
                Event::Start(..) => depth += 1,
                Event::Text(part) => text.push_str(&part),
                Event::End(_) if depth == 0 => break,
                Event::End(_) => depth -= 1,
            }
        }
        text.trim().to_owned()
    }

    fn skip(&mut self, past: &str) -> Option<&'a str> {
        let (before, after) = self.rest.split_once(past)?;
        self.rest = after;
        Some(before)
    }
}

impl<'a> Iterator for Reader<'a> {
    type Item = Event<'a>;

    fn next(&mut self) -> Option<Event<'a>> {
        if let Some(name) = self.empty.take() {
            return Some(Event::End(name));
        }
        loop {
            if !self.rest.starts_with('<') {
                let end = self.rest.find('<').filter(|end| *end > 0)?;
                let (text, rest) = self.rest.split_at(end);
                self.rest = rest;
                return Some(Event::Text(resolve(text)));
            }
            if self.rest.starts_with("<!--") {
                self.skip("-->")?;
            } else if let Some(data) = self.rest.strip_prefix("<![CDATA[") {
                self.rest = data;
                return Some(Event::Text(Cow::Borrowed(self.skip("]]>")?)));
            } else if self.rest.starts_with("<?") {
                self.skip("?>")?;
            } else if self.rest.starts_with("<!") {
                let subset =
                    self.rest.find('[').is_some_and(|at| self.rest.find('>').is_some_and(|end| at < end));
                self.skip(if subset { "]>" } else { ">" })?;
            } else {
                break;
            }
        }
        let tag = &self.rest[1..tag_end(self.rest)?];
        self.rest = &self.rest[tag.len() + 2..];
        if let Some(name) = tag.strip_prefix('/') {
            return Some(Event::End(name.trim()));
        }
        let (tag, is_empty) = tag.strip_suffix('/').map_or((tag, false), |tag| (tag, true));
        let (name, attributes) = tag.split_once(|c: char| c.is_ascii_whitespace()).unwrap_or((tag, ""));
        self.empty = is_empty.then_some(name);
        Some(Event::Start(name, Attributes(attributes)))
    }
}

/// Where the `>` of the first tag is: one inside a value is none.
fn tag_end(text: &str) -> Option<usize> {
    let mut quote = None;
    for (at, byte) in text.bytes().enumerate() {
        match (quote, byte) {
            (None, b'>') => return Some(at),
            (None, b'"' | b'\'') => quote = Some(byte),
            (Some(open), _) if open == byte => quote = None,
            _ => {}
        }
    }
    None
}

impl<'a> Attributes<'a> {
    /// The value of the attribute `name`.
    pub(super) fn get(self, name: &str) -> Option<Cow<'a, str>> {
        let mut rest = self.0;
        loop {
            let (key, after) = rest.split_once('=')?;
            let after = after.trim_start();
            let quote = after.chars().next().filter(|c| matches!(c, '"' | '\''))?;
            let (value, after) = after[1..].split_once(quote)?;
            if key.trim() == name {
                return Some(resolve(value));
            }
            rest = after;
        }
    }
}

fn resolve(text: &str) -> Cow<'_, str> {
    if !text.contains('&') {
        return Cow::Borrowed(text);
    }
    let mut resolved = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        resolved.push_str(before);
        // The longest that is known is `&#x10FFFF;`.
        let end = after.bytes().take(10).position(|byte| byte == b';');
        let known = end.and_then(|end| Some((entity(&after[..end])?, &after[end + 1..])));
        let (c, after) = known.unwrap_or(('&', after));
        resolved.push(c);
        rest = after;
    }
    resolved.push_str(rest);
    Cow::Owned(resolved)
}

fn entity(name: &str) -> Option<char> {
    Some(match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        _ => {
            let number = name.strip_prefix('#')?;
            let number = match number.strip_prefix('x') {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(number)?
        }
    })
}

#[cfg(test)]
mod tests {
    use super::{Event, Reader};
    use proptest::prelude::*;

    #[test]
    fn reads_what_feeds_use() {
        let text = "<?xml version=\"1.0\"?><!DOCTYPE a [<!ENTITY x \"y\">]>\n<a b='1 > 0' c=\"&quot;&#65;\"><!-- <b> --><e/>x &amp; &x; y<![CDATA[<z>]]></a>";
        let events: Vec<Event> = Reader::new(text)
            .filter(|event| !matches!(event, Event::Text(text) if text.trim().is_empty()))
            .collect();
        let Event::Start("a", attributes) = events[0] else { panic!("{events:?}") };
        assert_eq!(attributes.get("b").as_deref(), Some("1 > 0"));
        assert_eq!(attributes.get("c").as_deref(), Some("\"A"));
        assert_eq!(attributes.get("d"), None);
        assert!(matches!(&events[1..3], [Event::Start("e", _), Event::End("e")]));
        assert_eq!(events[3], Event::Text("x & &x; y".into()));
        assert_eq!(events[4..], [Event::Text("<z>".into()), Event::End("a")]);
    }

    proptest! {
        #[test]
        fn whatever_comes_it_ends(text in "[<>&/='\" a-c!?\\[\\]#;-]{0,80}") {
            prop_assert!(Reader::new(&text).count() <= 2 * text.len());
        }
    }
}
